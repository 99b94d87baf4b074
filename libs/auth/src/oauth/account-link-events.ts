import { defineEvent } from '../events/event-definition.js';

/** What events say of a link. Nothing of it proves anybody. */
export interface AccountLinkFacts {
  /** Whose account it is. */
  readonly subject: string;
  /** What this app calls the other issuer. */
  readonly provider: string;
  readonly upstreamIssuer: string;
  readonly upstreamSubject: string;
}

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'account.linked': AccountLinkFacts &
      Actor & {
        /** `hand`: in a fresh login; `email`: by an address that both sides have verified; `first-login`: the account is new. */
        readonly by: 'hand' | 'email' | 'first-login';
      };
    'account.unlinked': AccountLinkFacts & Actor;
    'single-sign-on.failed': Actor & {
      readonly provider: string;
      /** The code of the refusal. */
      readonly code: string;
      /** Why, in words for the operator. */
      readonly reason: string;
      /** Who it was there, where that was proven: `upstreamIssuer` and `upstreamSubject`. */
      readonly upstreamIssuer?: string;
      readonly upstreamSubject?: string;
    };
  }
}

export const ACCOUNT_LINKED = defineEvent('account.linked', { audit: 'decision', log: 'never' });
export const ACCOUNT_UNLINKED = defineEvent('account.unlinked', { audit: 'decision', log: 'never' });
export const SINGLE_SIGN_ON_FAILED = defineEvent('single-sign-on.failed', {
  audit: {
    weight: 'flood',
    caller: ({ upstreamIssuer: iss, upstreamSubject: sub }) =>
      iss === undefined || sub === undefined ? undefined : JSON.stringify(['upstream', iss, sub]),
  },
  log: {
    level: 'warn',
    line: ({ provider, code, reason, address = 'an unknown address' }) =>
      `A login by ${provider} from ${address} failed (${code}): ${reason}`,
  },
});

export const ACCOUNT_LINK_EVENTS = [ACCOUNT_LINKED, ACCOUNT_UNLINKED, SINGLE_SIGN_ON_FAILED];
