import { Inject, Injectable } from '@nestjs/common';
import { type CredentialKind, PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { Exchange } from '../identity/exchange.js';
import type { Identity } from '../identity/identity.js';
import type { MaybePromise } from '../identity/maybe-promise.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';

/** Refuses credentials that travelled in clear text. */
@Injectable()
export class RequireTls {
  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly events: SecurityEvents,
  ) {}

  /**
   * Proves a credential that the request carries, if it came encrypted.
   *
   * @throws PortcullisError `tls_required`, good or bad: everybody on the way may have read it
   */
  prove<T extends Identity>(
    exchange: Exchange,
    kind: CredentialKind,
    prove: () => MaybePromise<T>,
  ): MaybePromise<T> {
    return !this.options.requireTls || exchange.isSecure ? prove() : this.#refuse(exchange, kind, prove);
  }

  /** A real credential is named in the report, so that it can be replaced; an invented one only counts. */
  async #refuse(
    exchange: Exchange,
    kind: CredentialKind,
    prove: () => MaybePromise<Identity>,
  ): Promise<never> {
    const id = await Promise.resolve()
      .then(prove)
      .then((identity) => (identity.kind === 'app' ? (identity.keyId ?? identity.tokenId) : identity.tokenId))
      .catch(() => undefined);
    this.events.emit({
      type: 'credential.leaked',
      request: exchange.facts,
      credential: kind,
      ...(id !== undefined && { id }),
    });
    throw new PortcullisError('tls_required', `${kind} ${id ?? '(not a valid one)'} came in clear text`, {
      challenge: [kind],
    });
  }
}
