import { Injectable } from '@nestjs/common';
import { DpopProofs, UsedProofs } from '@portcullis/auth/internal';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { ServerRequests } from './server-requests.js';

/** What the provider has checked, and may count once. */
export interface OnceOnly {
  /** Whoever has made it, by their own word. */
  readonly issuer: string;
  /** `jti`. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * What is used once at the server: assertions of clients, and proofs of DPoP, which count once at all of its endpoints and at the routes of
 * the app together.
 */
@Injectable()
export class ServerUses {
  constructor(
    private readonly used: UsedProofs,
    private readonly proofs: DpopProofs,
    private readonly requests: ServerRequests,
  ) {}

  /**
   * The provider does not say which of the two it is, and whoever replays one chooses what else is sent with it: so it counts by its issuer in
   * any case, and as the request's proof where that has this id.
   *
   * @throws PortcullisError `temporarily_unavailable` where nobody can say
   */
  async isFirst(
    context: KoaContextWithOIDC | undefined,
    { issuer, id, expiresAt }: OnceOnly,
  ): Promise<boolean> {
    const seconds = expiresAt - Date.now() / 1000;
    if (!(await this.used.isFirstUse(JSON.stringify(['oauth', issuer, id]), seconds))) return false;
    const request = context && this.requests.contextOf(context.req);
    return (await (request && this.proofs.isFirstUse(request, id))) ?? true;
  }
}
