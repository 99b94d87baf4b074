import type { PortcullisExtension } from '../extension.js';
import { SESSION_STORE } from './session.store.js';

export const SESSIONS: PortcullisExtension = {
  name: 'sessions',
  stores: [SESSION_STORE],
};
