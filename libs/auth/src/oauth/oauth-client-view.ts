import { isDocumentUrl } from './client-uris.js';
import type { OAuthClientRecord, OAuthClientSecret } from './oauth-client.store.js';
import type { OAuthClientDetails } from './oauth-client-details.js';
import type { OAuthClientFacts } from './oauth-events.js';

/** A client, without anything secret. Times are milliseconds since the epoch. */
export interface OAuthClient extends OAuthClientDetails {
  /** `client_id`. */
  readonly clientId: string;
  /** What people know it by. */
  readonly name: string;
  readonly secrets: readonly Omit<OAuthClientSecret, 'hash'>[];
  readonly createdAt: number;
  /** Null while it is not disabled. */
  readonly disabledAt: number | null;
  /** Whether the code of the app names it: then it is changed there. */
  readonly isConfigured: boolean;
  /** Whether it describes itself in the document that its id leads to: of such ones only those are kept that are disabled. */
  readonly isDocument: boolean;
}

export function clientViewOf(record: OAuthClientRecord, isConfigured = false): OAuthClient {
  const { clientId, name, secrets, createdAt, disabledAt } = record;
  return {
    ...{ clientId, name },
    ...detailsOf(record),
    secrets: secrets.map(({ hash: _, ...secret }) => secret),
    ...{ createdAt, disabledAt, isConfigured, isDocument: isDocumentUrl(clientId) },
  };
}

export function detailsOf({ metadata }: Pick<OAuthClientRecord, 'metadata'>): OAuthClientDetails {
  return JSON.parse(metadata);
}

/** What events say of it. */
export function clientFactsOf({ clientId, name }: OAuthClientRecord): OAuthClientFacts {
  return { clientId, name };
}
