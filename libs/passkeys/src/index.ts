export { INVALID_PASSKEY, PASSKEY_NOT_REGISTERED } from './passkey-refusals.js';
export { PortcullisPasskeysModule, type PortcullisPasskeysOptions } from './passkeys.module.js';
