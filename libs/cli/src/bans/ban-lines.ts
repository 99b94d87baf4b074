import type { Ban, BanRecord, Strike } from '@portcullis/auth';
import { printable } from '../printable.js';

/** What a table of bans begins with. */
export const HEADLINE = columns('NETWORK', 'UNTIL', 'OFFENCE', 'STATE', 'BY', 'REASON');

/** A ban as a line of a table. @param now milliseconds since the epoch */
export function lineOf(ban: Ban, now: number): string {
  const { network, expiresAt, offence, reason } = ban;
  return columns(network, timeOf(expiresAt), String(offence), stateOf(ban, now), decidedBy(ban), reason);
}

/** A ban with all that is known of it, in several lines. @param now milliseconds since the epoch */
export function explanationOf(ban: BanRecord, now: number): string[] {
  const { id, network, createdAt, expiresAt, liftedAt, liftedBy, offence, reason, rule, strikes } = ban;
  const by = `${rule === null ? '' : 'rule '}${printable(decidedBy(ban))}`;
  return [
    `${printable(network)} (${stateOf(ban, now)}): ${printable(reason)}`,
    `  from ${timeOf(createdAt)} until ${timeOf(expiresAt)}, offence ${offence}, by ${by}`,
    ...(liftedAt === null ? [] : [`  lifted ${timeOf(liftedAt)} by ${printable(liftedBy ?? '-')}`]),
    `  id ${printable(id)}`,
    ...strikes.map(strikeLine),
  ];
}

/** @param at milliseconds since the epoch */
export function timeOf(at: number): string {
  const date = new Date(at);
  // A clock can't say when such a ban ends.
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function strikeLine({ at, address, method, path, status, rule, points }: Strike): string {
  const [from, what, where, by] = [address, method, path, rule].map(printable);
  return `  ${timeOf(at)} ${from} ${what} ${where} ${status ?? '-'}: ${points} points by ${by}`;
}

function stateOf({ shadow, liftedAt, expiresAt }: Ban, now: number): string {
  if (liftedAt !== null) return shadow ? 'lifted shadow' : 'lifted';
  if (expiresAt <= now) return shadow ? 'past shadow' : 'over';
  return shadow ? 'shadow' : 'active';
}

function decidedBy({ rule, actor }: Ban): string {
  return rule ?? actor ?? '-';
}

function columns(network: string, until: string, offence: string, state: string, by: string, reason: string) {
  const widths = [24, 20, 7, 13, 20, 0];
  const cells = [network, until, offence, state, by, reason].map(printable);
  return cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ');
}
