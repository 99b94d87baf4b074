import { Inject, Injectable } from '@nestjs/common';
import { type CredentialKind, PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { Exchange } from '../identity/exchange.js';
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
   * @param idOf what names the credential in a report
   * @throws PortcullisError `tls_required`, good or bad: everybody on the way may have read it
   */
  prove<T>(
    exchange: Exchange,
    kind: CredentialKind,
    prove: () => MaybePromise<T>,
    idOf: (proven: T) => string | undefined,
  ): MaybePromise<T> {
    if (!this.options.requireTls || exchange.isSecure) return prove();
    return this.#refuse(exchange, kind, prove, idOf);
  }

  /** A real credential is named in the report, so that it can be replaced; an invented one only counts. */
  async #refuse<T>(
    exchange: Exchange,
    kind: CredentialKind,
    prove: () => MaybePromise<T>,
    idOf: (proven: T) => string | undefined,
  ): Promise<never> {
    const id = await Promise.resolve()
      .then(prove)
      .then(idOf)
      .catch(() => undefined);
    this.events.emit({
      type: 'credential.leaked',
      request: exchange.facts,
      credential: kind,
      leak: 'clear-text',
      ...(id !== undefined && { id }),
    });
    throw new PortcullisError('tls_required', `${kind} ${id ?? '(not a valid one)'} came in clear text`, {
      challenge: [kind],
    });
  }
}
