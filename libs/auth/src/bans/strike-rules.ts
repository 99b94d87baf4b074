import type { Exchange } from '../identity/exchange.js';
import type { BanOptions } from './ban.options.js';

/** How many points a finished response costs its address. */
export function strikePoints(exchange: Exchange, status: number, { strikes }: BanOptions): number {
  if (!exchange.screened || exchange.rule?.banExempt) return 0;
  // A browser's preflight meets no handler and carries no credential; what does either only looks like one.
  const isHarmless = exchange.rule === undefined || exchange.refusal?.code === 'credentials_required';
  if (exchange.isPreflight && isHarmless) return 0;
  // A banned caller who keeps knocking is refused already, and a honeypot has banned by itself.
  if (exchange.refusal?.code === 'address_banned' || exchange.rule?.honeypot) return 0;
  return strikes[status] ?? 0;
}
