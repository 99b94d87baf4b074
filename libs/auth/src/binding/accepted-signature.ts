import { randomBytes } from 'node:crypto';
import { serializeDictionary } from 'structured-headers';

/**
 * How a client is told what to sign, and by which parameters (RFC 9421 section 5): it says when it signs, and may take this nonce or
 * one of its own.
 */
export function acceptedSignature(components: readonly string[]): string {
  const nonce = randomBytes(16).toString('base64url');
  const parameters = new Map<string, string | boolean>([
    ['created', true],
    ['nonce', nonce],
  ]);
  return serializeDictionary(
    new Map([['sig', [components.map((component) => [component, new Map()]), parameters]]]),
  );
}
