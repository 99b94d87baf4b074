import { Inject, Injectable } from '@nestjs/common';
import { BanExemptions } from '../ban-exemptions.js';
import { BanService } from '../ban-service.js';
import { BAN_SETTINGS, type BanSettings } from '../ban-settings.js';
import { type BanExportFormat, type BanToList, formatBanList } from './format-ban-list.js';

/** Characters that are handed on together. */
const BLOCK = 65_536;

/** Writes the bans in force as a list for others, or as a file for the firewall. */
@Injectable()
export class BanExport {
  constructor(
    private readonly bans: BanService,
    private readonly exemptions: BanExemptions,
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
  ) {}

  /**
   * Every ban in force as text in pieces that end with a line. Left out are shadows, and bans that hold for nobody here because
   * the whole network is in one that is allowed or in a trusted proxy's: a firewall knows of neither.
   */
  async write(format: BanExportFormat): Promise<Iterable<string>> {
    const bans: BanToList[] = [];
    for await (const { network, reason, expiresAt, shadow } of this.bans.all()) {
      if (!shadow && !this.exemptions.hold(network)) bans.push({ network, reason, expiresAt });
    }
    return inBlocks(formatBanList(bans, format, { now: this.options.now() }));
  }
}

function* inBlocks(pieces: Iterable<string>): Iterable<string> {
  let block = '';
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}
