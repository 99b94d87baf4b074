import type { PortcullisExtension } from '../extension.js';
import { FACTOR_STORE } from './factor.store.js';
import { LOGIN_TICKET_STORE } from './login-ticket.store.js';

export const MFA: PortcullisExtension = {
  name: 'mfa',
  stores: [FACTOR_STORE, LOGIN_TICKET_STORE],
};
