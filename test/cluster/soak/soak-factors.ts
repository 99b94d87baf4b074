import { randomBytes } from 'node:crypto';
import {
  Body,
  Controller,
  Delete,
  type DynamicModule,
  Injectable,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import {
  type FactorKind,
  FactorKinds,
  FactorService,
  PortcullisMfaModule,
  Public,
  SessionService,
} from '@portcullis/auth';
import { ISSUER } from './soak-oauth.js';

const WORD_KIND = 'word';

/** A factor that works more than once in thirty seconds, so that it can be presented again and again. */
@Injectable()
export class Words implements FactorKind {
  readonly kind = WORD_KIND;

  constructor(kinds: FactorKinds) {
    kinds.add(this);
  }

  prove: FactorKind['prove'] = async (factors, answer) => {
    const factor = factors.find(({ data }) => data === JSON.stringify(answer));
    return factor && { id: factor.id, kind: WORD_KIND, amr: ['kba'], isMultiFactor: false };
  };
}

/** Where factors are proven. */
export function stepUps(sessions: DynamicModule): DynamicModule {
  return PortcullisMfaModule.register({ sessions });
}

/** What users do with their factors. */
@Public()
@Controller()
export class FactorsController {
  constructor(
    private readonly sessions: SessionService,
    private readonly factors: FactorService,
  ) {}

  @Post('factors')
  async make(@Body() { subject }: { subject: string }) {
    const { accessToken } = await this.sessions.start({ user: { subject, scopes: [] }, clientId: 'soak' });
    const [id, word] = [0, 1].map(() => randomBytes(16).toString('base64url')) as [string, string];
    const whose = { id, issuer: ISSUER, subject, kind: WORD_KIND, name: null, handle: null };
    const recoveryCodes = await this.factors.add({ ...whose, data: JSON.stringify(word), position: -1 }, {});
    return { id, word, accessToken, recoveryCodes };
  }

  @Delete('factors/:id')
  async remove(@Param('id') id: string) {
    if (!(await this.factors.removeAny(id, {}))) throw new NotFoundException();
    return { isRemovedNow: true };
  }

  @Post('recovery-codes/:subject')
  async renew(@Param('subject') subject: string) {
    return { codes: await this.factors.renewRecoveryCodes({ issuer: ISSUER, subject }) };
  }
}
