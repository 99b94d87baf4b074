import { defineEvent } from '../events/event-definition.js';

/** What events say of a client. */
export interface OAuthClientFacts {
  readonly clientId: string;
  /** What people know it by. */
  readonly name: string;
}

/** What events say of something between a user and a client. */
export interface OAuthConsentFacts {
  /** `sub` of the user. */
  readonly subject: string;
  readonly clientId: string;
}

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'oauth-client.created': OAuthClientFacts & Actor;
    'oauth-client.registered': OAuthClientFacts & Actor;
    'oauth-client.changed': OAuthClientFacts & Actor;
    'oauth-client.rotated': OAuthClientFacts &
      Actor & {
        /** Names the new secret. */
        readonly secretId: string;
        /** When the secrets before it end, in milliseconds since the epoch. */
        readonly expiresAt: number;
      };
    'oauth-client.disabled': OAuthClientFacts & Actor;
    'oauth-client.enabled': OAuthClientFacts & Actor;
    'oauth-client.deleted': OAuthClientFacts & Actor;
    'oauth-consent.given': OAuthConsentFacts &
      Actor & {
        /** By the API that they are for; under the empty text what is asked of the server itself. */
        readonly scopes: Readonly<Record<string, readonly string[]>>;
      };
    'oauth-consent.withdrawn': OAuthConsentFacts & Actor;
    'oauth-grant.ended': Partial<OAuthConsentFacts> &
      Actor & {
        /** `grant_id` of its access tokens; not secret. */
        readonly grantId: string;
        readonly reason: string;
      };
  }
}

export const OAUTH_CLIENT_CREATED = defineEvent('oauth-client.created', { audit: 'decision', log: 'never' });
export const OAUTH_CLIENT_REGISTERED = defineEvent('oauth-client.registered', {
  audit: 'decision',
  log: {
    level: 'log',
    line: ({ clientId, name }) => `The OAuth client ${clientId} (${name}) has registered itself`,
  },
});
export const OAUTH_CLIENT_CHANGED = defineEvent('oauth-client.changed', { audit: 'decision', log: 'never' });
export const OAUTH_CLIENT_ROTATED = defineEvent('oauth-client.rotated', { audit: 'decision', log: 'never' });
export const OAUTH_CLIENT_DISABLED = defineEvent('oauth-client.disabled', {
  audit: 'decision',
  log: 'never',
});
export const OAUTH_CLIENT_ENABLED = defineEvent('oauth-client.enabled', { audit: 'decision', log: 'never' });
export const OAUTH_CLIENT_DELETED = defineEvent('oauth-client.deleted', {
  audit: 'decision',
  log: { level: 'log', line: ({ clientId, name }) => `Deleted the OAuth client ${clientId} (${name})` },
});
export const OAUTH_CONSENT_GIVEN = defineEvent('oauth-consent.given', { audit: 'decision', log: 'never' });
export const OAUTH_CONSENT_WITHDRAWN = defineEvent('oauth-consent.withdrawn', {
  audit: 'decision',
  log: 'never',
});
export const OAUTH_GRANT_ENDED = defineEvent('oauth-grant.ended', { audit: 'decision', log: 'never' });

export const OAUTH_EVENTS = [
  OAUTH_CLIENT_CREATED,
  OAUTH_CLIENT_REGISTERED,
  OAUTH_CLIENT_CHANGED,
  OAUTH_CLIENT_ROTATED,
  OAUTH_CLIENT_DISABLED,
  OAUTH_CLIENT_ENABLED,
  OAUTH_CLIENT_DELETED,
  OAUTH_CONSENT_GIVEN,
  OAUTH_CONSENT_WITHDRAWN,
  OAUTH_GRANT_ENDED,
];
