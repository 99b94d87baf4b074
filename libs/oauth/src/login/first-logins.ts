import { Inject, Injectable } from '@nestjs/common';
import {
  type AccountLinkRecord,
  MemoryReplaySet,
  TokenIssuer,
  type UpstreamIdentity,
} from '@portcullis/auth';
import { BINDING_SETTINGS, type BindingSettings, TurnTaking } from '@portcullis/auth/internal';
import { AccountLinks } from './account-links.js';

/** Has the account of somebody who is new made by one login at a time, however many come at once, on whatever instance. */
@Injectable()
export class FirstLogins {
  readonly #turns: TurnTaking;

  constructor(
    @Inject(BINDING_SETTINGS) { binding }: BindingSettings,
    private readonly links: AccountLinks,
    private readonly issuer: TokenIssuer,
  ) {
    this.#turns = new TurnTaking(binding.replays ?? new MemoryReplaySet());
  }

  /**
   * The link that there is, or else is made. Where that fails, the next login tries again.
   *
   * @throws PortcullisError `temporarily_unavailable` where another login has taken too long; whatever `make` throws
   */
  linkOf(upstream: UpstreamIdentity, make: () => Promise<AccountLinkRecord>): Promise<AccountLinkRecord> {
    const { iss, sub } = upstream;
    return this.#turns.inTurn(
      `first login ${JSON.stringify([this.issuer.url, iss, sub])}`,
      // Whoever had the turn before may have made it.
      async () => (await this.links.find(upstream)) ?? (await make()),
    );
  }
}
