import { InputError } from '../errors.js';
import { parseIpNetwork } from '../net/ip-address.js';
import { pageLimit, positionOf, readPage } from '../page-cursor.js';
import { AUDIT_NAMES, type AuditEntry, type AuditQuery, type AuditStore } from './audit.store.js';
import { addressOf, shortName } from './audit-entry.js';

/** Which entries are to be listed: those that match everything given. */
export interface AuditFilter extends Omit<AuditQuery, 'after' | 'limit'> {
  /** Where to go on: `nextCursor` of the page before. */
  readonly cursor?: string;
  /** At most so many, from 1 to 1000. By default 100. */
  readonly limit?: number;
}

export interface AuditPage {
  /** Newest first. Fewer than the limit, or none, also where very many had to be looked through. */
  readonly entries: readonly AuditEntry[];
  /** There may be more: ask for them with this. */
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

/** A page of a store. */
export function pageOf(store: AuditStore, { after: from, ...query }: AuditQuery): Promise<AuditPage> {
  return readPage<AuditEntry, Pick<AuditEntry, 'at' | 'id'>>(
    { after: from, limit: query.limit },
    (after, limit) => store.list({ ...query, ...(after && { after }), limit }),
    ({ at, id }) => ({ createdAt: at, id }),
  );
}

function canonical(address: string): string {
  const network = parseIpNetwork(address);
  if (network === undefined)
    throw new InputError('address must be an IP address or a network in CIDR notation');
  return addressOf(network.text);
}
