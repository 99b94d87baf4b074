import type { PortcullisExtension } from '../extension.js';
import { AUDIT_OPTIONS } from './audit.options.js';
import { AUDIT_STORE } from './audit.store.js';

export const AUDIT: PortcullisExtension = {
  name: 'audit',
  options: [AUDIT_OPTIONS],
  stores: [AUDIT_STORE],
};
