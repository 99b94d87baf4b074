import type { PortcullisExtension } from '../extension.js';
import { ACCOUNT_LINK_STORE } from './account-link.store.js';
import { ACCOUNT_LINK_EVENTS } from './account-link-events.js';

/** Links are kept here, whoever makes them: `@portcullis/oauth/login` does. */
export const ACCOUNT_LINKS: PortcullisExtension = {
  name: 'account-links',
  stores: [ACCOUNT_LINK_STORE],
  events: ACCOUNT_LINK_EVENTS,
};
