import { Readable } from 'node:stream';
import {
  Body,
  ConflictException,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  StreamableFile,
} from '@nestjs/common';
import type { Ban, BanRecord } from '../bans/ban.store.js';
import type { BanLifting } from '../bans/ban-details.js';
import type { BanPage } from '../bans/ban-query.js';
import { BanService } from '../bans/ban-service.js';
import { BanExport } from '../bans/lists/ban-export.js';
import type { BanListProblem } from '../bans/lists/ban-list.js';
import { parseLongBanList } from '../bans/lists/parse-ban-list.js';
import type { Actor } from '../events/security-event.js';
import { networksAround, parseIpNetwork } from '../net/ip-address.js';
import { CurrentActor } from '../request/current-identity.decorator.js';
import { asBadRequest, found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { ADMIN_SETTINGS, type AdminSettings } from './admin-settings.js';
import {
  ClearBansDto,
  CreateBanDto,
  ExportBansDto,
  ImportBansDto,
  LiftBanDto,
  ListBansDto,
  WhyBannedDto,
} from './ban.dto.js';

/** What became of a list. */
interface ImportAnswer {
  readonly imported: number;
  /** Networks that were banned for at least as long already. */
  readonly skipped: number;
  /** Entries that can't be read; the first 100. */
  readonly problems: readonly BanListProblem[];
  readonly furtherProblems: number;
}

@OwnValidation()
export class BansAdminController {
  constructor(
    private readonly bans: BanService,
    private readonly lists: BanExport,
    @Inject(ADMIN_SETTINGS) private readonly options: AdminSettings,
  ) {}

  /** The bans that match, newest first. */
  @Get()
  async list(@Query() filter: ListBansDto): Promise<BanPage> {
    return this.bans.list(filter).catch(asBadRequest);
  }

  /** Every remembered ban of an address or a network and of the networks around it, with the strikes that led to it. */
  @Get('why')
  async why(@Query() { target }: WhyBannedDto): Promise<{ bans: readonly BanRecord[] }> {
    return { bans: await this.bans.why(target) };
  }

  /** The bans in force as a list, or as a file for the firewall. */
  @Get('export')
  async export(@Query() { format }: ExportBansDto): Promise<StreamableFile> {
    const file = Readable.from(await this.lists.write(format));
    // Whoever reads half a file must not take it for the whole.
    return new StreamableFile(file, { type: 'text/plain; charset=utf-8' }).setErrorHandler((_, response) => {
      (response as unknown as { destroy(): void }).destroy();
    });
  }

  /** One ban, in force or over, with the strikes that led to it. */
  @Get(':id')
  async find(@Param('id') id: string): Promise<BanRecord> {
    return found(await this.bans.findById(id));
  }

  /** Bans an address or a network. */
  @Post()
  ban(
    @Body() { network, force = false, ...details }: CreateBanDto,
    @CurrentActor() who: Actor,
  ): Promise<Ban> {
    if (!force) refuseOwn([parseIpNetwork(network)?.text ?? ''], who);
    return this.bans.ban(network, { ...details, ...who });
  }

  /** Bans every network of a list. What can't be read of it is answered, and costs only that entry. */
  @Post('import')
  @HttpCode(200)
  async import(
    @Body() { list, format, force = false, ...details }: ImportBansDto,
    @CurrentActor() who: Actor,
  ): Promise<ImportAnswer> {
    const { networks, ...trouble } = await parseLongBanList(list, format, this.options.now());
    if (!force)
      refuseOwn(
        networks.map(({ network }) => network),
        who,
      );
    return { ...(await this.bans.import(networks, { ...details, ...who })), ...trouble };
  }

  /** Lifts and forgets all bans. */
  @Delete()
  async clear(@Query() { reason }: ClearBansDto, @CurrentActor() who: Actor): Promise<{ cleared: number }> {
    return { cleared: await this.bans.clear(liftingOf(reason, who)) };
  }

  /** Lifts a ban. Forgiven, it is as if its network had never been banned. */
  @Delete(':id')
  @HttpCode(204)
  async unban(
    @Param('id') id: string,
    @Query() { forgive = false, reason }: LiftBanDto,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    const lifting = liftingOf(reason, who);
    if (!forgive) found(await this.bans.unban(id, lifting));
    else await this.bans.forgive(found(await this.bans.findById(id)).network, lifting);
  }
}

function liftingOf(reason: string | undefined, who: Actor): BanLifting {
  return reason === undefined ? who : { ...who, reason };
}

/** @param networks in canonical form */
function refuseOwn(networks: readonly string[], { address = '' }: Actor): void {
  const own = parseIpNetwork(address);
  const around = new Set(own && networksAround(own).map(({ text }) => text));
  const network = networks.find((candidate) => around.has(candidate));
  if (network === undefined) return;
  throw new ConflictException(
    `Your own address is in ${network}; with "force": true it is banned all the same`,
  );
}
