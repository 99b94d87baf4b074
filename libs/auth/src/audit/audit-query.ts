import { InputError } from '../errors.js';
import { parseIpNetwork } from '../net/ip-address.js';
import { cursorOf, pageLimit, positionOf } from '../page-cursor.js';
import { AUDIT_NAMES, type AuditEntry, type AuditQuery } from './audit.store.js';
import { addressOf, shortName } from './audit-entry.js';

/** Which entries are to be listed: those that match everything given. */
export interface AuditFilter extends Omit<AuditQuery, 'after' | 'limit'> {
  /** Where to go on: `nextCursor` of the page before. */
  readonly cursor?: string;
  /** At most so many, from 1 to 1000. By default 100. */
  readonly limit?: number;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** There are more: ask for them with this. */
  readonly nextCursor?: string;
}

/**
 * What a store is asked for a page.
 *
 * @throws InputError when the address, the cursor or the limit make no sense
 */
export function queryOf({ types, since, until, cursor, limit, ...names }: AuditFilter): AuditQuery {
  const given = AUDIT_NAMES.flatMap((name) => {
    const value = names[name];
    return value === undefined ? [] : [[name, name === 'address' ? canonical(value) : shortName(value)]];
  });
  const position = cursor === undefined ? undefined : positionOf(cursor);
  return {
    ...Object.fromEntries(given),
    ...(types !== undefined && { types }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(position && { after: { at: position.createdAt, id: position.id } }),
    limit: pageLimit(limit),
  };
}

/** @param found one more than the limit, if there are as many */
export function pageOf(found: readonly AuditEntry[], limit: number): AuditPage {
  const entries = found.slice(0, limit);
  const last = entries.at(-1);
  if (found.length <= limit || last === undefined) return { entries };
  return { entries, nextCursor: cursorOf({ createdAt: last.at, id: last.id }) };
}

function canonical(address: string): string {
  const network = parseIpNetwork(address);
  if (network === undefined)
    throw new InputError('address must be an IP address or a network in CIDR notation');
  return addressOf(network.text);
}
