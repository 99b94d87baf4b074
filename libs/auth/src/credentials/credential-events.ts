import { defineEvent, describeRequest } from '../events/event-definition.js';

/** How a credential got where others could read it. */
export type Leak =
  /** It was sent without encryption. */
  | 'clear-text'
  /** It was sent in a URL, where logs keep it. */
  | 'url'
  /** Somebody found it and reported it. */
  | 'report';

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'credential.leaked': {
      readonly request: RequestFacts;
      /** The kind of its scheme: `token`, `api-key`, or one of the app's own. */
      readonly credential: string;
      readonly leak: Leak;
      /** The public name of the credential (a key's id, a token's `jti`), only if it proved to be real. */
      readonly id?: string;
      /** Where it was found, if it was reported. */
      readonly foundAt?: string;
    };
  }
}

/** Leaks by who sends the credential. */
const SENT: readonly Leak[] = ['clear-text', 'url'];

export const CREDENTIAL_LEAKED = defineEvent('credential.leaked', {
  // Anybody can send an invented one, and whoever has a real one that: as often as they like.
  audit: {
    weight: ({ leak, id }) => (id === undefined || SENT.includes(leak) ? 'flood' : 'decision'),
    caller: ({ credential, id }) => (id === undefined ? undefined : JSON.stringify([credential, id])),
    names: ({ id }) => ({ keyId: id }),
  },
  log: {
    level: ({ id }) => (id === undefined ? 'debug' : 'warn'),
    line: ({ leak, credential, id, request }) =>
      `Leaked (${leak}): ${credential} ${id ?? '(not a valid one)'}, ${describeRequest(request)}`,
  },
});
