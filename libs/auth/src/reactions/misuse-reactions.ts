import { Inject, Injectable } from '@nestjs/common';
import { SecurityEvents } from '../events/security-events.js';
import type { TokenFacts, VerifiedToken } from '../identity/verified-token.js';
import { Log, textOf } from '../log.js';
import { RecentlyUsed } from '../recently-used.js';
import { RevocationService } from '../revocation/revocation-service.js';
import type { TokenMisuse } from './misuse-events.js';
import { TOKEN_MISUSED } from './misuse-events.js';
import type { ReactionOptions } from './reaction.options.js';
import { REACTION_SETTINGS, type ReactionSettings } from './reaction-settings.js';

const REMEMBERED_TOKENS = 10_000;

interface Reaction {
  /** The option that turns it on. */
  readonly option: keyof ReactionOptions;
  readonly revokes: 'token' | 'user';
}

/** What each misuse leads to. It is always reported; it is acted on where the option says so. */
const REACTIONS: Record<TokenMisuse, Reaction> = {
  'banned-address': { option: 'revokeTokenFromBannedAddress', revokes: 'token' },
  'revoked-token': { option: 'revokeUserOnRevokedToken', revokes: 'user' },
  'algorithm-attack': { option: 'revokeTokenOnAlgorithmAttack', revokes: 'token' },
};

/**
 * Turns the misuse of a token into its end. Only of tokens that were proven, and only where whoever misuses one shows its signature: all
 * else in a token (`jti`, `sub`, `sid`, times) stands in the audit log too, and whoever reads that could shut other people out.
 */
@Injectable()
export class MisuseReactions {
  readonly #logger = new Log();
  readonly #reported = new RecentlyUsed<true>(REMEMBERED_TOKENS);

  constructor(
    @Inject(REACTION_SETTINGS) private readonly options: ReactionSettings,
    private readonly revocations: RevocationService,
    private readonly events: SecurityEvents,
  ) {}

  report(misuse: TokenMisuse, { facts }: VerifiedToken): void {
    const { issuer, tokenId, subject } = facts;
    const occasion = JSON.stringify([misuse, issuer, tokenId]);
    // Reported and acted on once: whoever goes on would otherwise fill the log, and shut the user out again and again.
    if (this.#reported.has(occasion)) return;
    this.#reported.set(occasion, true);

    const { option, revokes } = REACTIONS[misuse];
    const reacts = this.options.tokens?.reactions[option] === true;
    const revoked = reacts ? revokes : 'nothing';
    this.events.emit(TOKEN_MISUSED, { misuse, issuer, tokenId, subject, revoked });
    if (reacts) this.#revoke(revokes, misuse, facts).catch((error) => this.#retryLater(occasion, error));
  }

  #revoke(
    what: 'token' | 'user',
    reason: TokenMisuse,
    { issuer, tokenId, subject }: TokenFacts,
  ): Promise<unknown> {
    return what === 'user'
      ? this.revocations.revokeUser(subject, { issuer, reason })
      : this.revocations.revokeToken(tokenId, { issuer, reason });
  }

  #retryLater(occasion: string, error: unknown): void {
    this.#reported.delete(occasion);
    this.#logger.error(`A misused token could not be revoked: ${textOf(error)}`);
  }
}
