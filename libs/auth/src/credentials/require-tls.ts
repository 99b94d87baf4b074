import { Inject, Injectable } from '@nestjs/common';
import { type CredentialKind, PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import type { RequestContext } from '../request/request-context.js';

/** Refuses credentials that travelled in clear text. */
@Injectable()
export class RequireTls {
  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly events: SecurityEvents,
  ) {}

  /** Whether a credential of this request may be looked at: it came encrypted, or needn't have. */
  isMetBy(context: RequestContext): boolean {
    return !this.options.requireTls || context.isSecure;
  }

  /**
   * Refuses a credential, good or bad: everybody on the way may have read it. A real one is named in the report, so that it can be
   * replaced; an invented one only counts.
   *
   * @param prove gives what names the credential in a report, if it is a real one
   * @throws PortcullisError `tls_required`
   */
  async refuse(
    context: RequestContext,
    kind: CredentialKind,
    prove: () => Promise<string | undefined>,
  ): Promise<never> {
    const id = await prove().catch(() => undefined);
    this.events.emit({
      type: 'credential.leaked',
      request: context.facts,
      credential: kind,
      leak: 'clear-text',
      ...(id !== undefined && { id }),
    });
    throw new PortcullisError('tls_required', `${kind} ${id ?? '(not a valid one)'} came in clear text`, {
      challenge: [kind],
    });
  }
}
