import { randomBytes } from 'node:crypto';

/** Hexadecimal, since operators type it behind a command: what begins with a dash is an option there, as one of 64 in base64url does. */
export function newFactorId(): string {
  return randomBytes(16).toString('hex');
}
