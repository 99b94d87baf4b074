import type { PortcullisExtension } from '../extension.js';
import { REVOCATION_STORE } from './revocation.store.js';
import { REVOKED } from './revocation-changes.js';
import { TOKENS_REVOKED } from './revocation-events.js';

export const REVOCATION: PortcullisExtension = {
  name: 'revocation',
  stores: [REVOCATION_STORE],
  events: [TOKENS_REVOKED],
  changes: [REVOKED],
};
