import { declare } from '../access/declaration.js';

/**
 * A decoy that no honest client asks for: open to everyone, and whoever touches it is banned.
 * The handler still answers this one request, so that it can look like the real thing.
 */
export function Honeypot(): MethodDecorator & ClassDecorator {
  return declare({ kind: 'honeypot' });
}

/**
 * The handler's responses never count as strikes, for lookups whose misses are honest.
 * It doesn't let a banned address in: bans are enforced before the handler is known.
 */
export function BanExempt(): MethodDecorator & ClassDecorator {
  return declare({ kind: 'ban-exempt' });
}
