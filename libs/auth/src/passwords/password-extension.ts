import type { PortcullisExtension } from '../extension.js';
import { PASSWORD_OPTIONS } from './password.options.js';
import { PasswordVerifier } from './password-verifier.js';

export const PASSWORDS: PortcullisExtension = {
  name: 'passwords',
  options: [PASSWORD_OPTIONS],
  providers: [PasswordVerifier],
};
