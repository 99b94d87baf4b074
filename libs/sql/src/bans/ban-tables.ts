import type { Ban, BanRecord, Strike } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, toSqlText } from '../text.js';

/** Strikes are a table of their own, because lists of bans leave them out and they are most of the data. */
export const BANS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('bans')} (
     id TEXT PRIMARY KEY NOT NULL,
     network TEXT NOT NULL,
     reason TEXT NOT NULL,
     rule TEXT,
     actor TEXT,
     offence INTEGER NOT NULL,
     shadow INTEGER NOT NULL,
     created_at BIGINT NOT NULL,
     expires_at BIGINT NOT NULL,
     lifted_at BIGINT,
     lifted_by TEXT
   )`,
  `CREATE TABLE ${table('ban_strikes')} (
     ban_id TEXT PRIMARY KEY NOT NULL REFERENCES ${table('bans')} (id) ON DELETE CASCADE,
     strikes TEXT NOT NULL
   )`,
  `CREATE INDEX ${table('bans_newest')} ON ${table('bans')} (created_at, id, expires_at)`,
  `CREATE INDEX ${table('bans_of_network')} ON ${table('bans')} (network, shadow, created_at, id)`,
  `CREATE INDEX ${table('bans_end')} ON ${table('bans')} (expires_at, id, rule)`,
];

/** For lists by what else they can be filtered by, and for counting and trimming what rules have decided. */
export const BAN_FILTERS_MIGRATION: Migration = (table) => [
  `CREATE INDEX ${table('bans_of_rule')} ON ${table('bans')} (rule, shadow, created_at, id, expires_at) WHERE rule IS NOT NULL`,
  `CREATE INDEX ${table('bans_of_kind')} ON ${table('bans')} (shadow, created_at, id, expires_at)`,
  // Without the rule, which would have it used where only those of rules are looked for.
  `DROP INDEX ${table('bans_end')}`,
  `CREATE INDEX ${table('bans_end')} ON ${table('bans')} (expires_at, id)`,
  `CREATE INDEX ${table('bans_by_rules')} ON ${table('bans')} (expires_at, id) WHERE rule IS NOT NULL`,
];

export const BAN_COLUMNS = [
  'id',
  'network',
  'reason',
  'rule',
  'actor',
  'offence',
  'shadow',
  'created_at',
  'expires_at',
  'lifted_at',
  'lifted_by',
] as const;

type BanColumn = (typeof BAN_COLUMNS)[number];

export function rowOf(ban: Ban): Readonly<Record<BanColumn, Value>> {
  return {
    id: toSqlText(ban.id),
    network: toSqlText(ban.network),
    reason: toSqlText(ban.reason),
    rule: orNull(ban.rule, toSqlText),
    actor: orNull(ban.actor, toSqlText),
    offence: ban.offence,
    shadow: Number(ban.shadow),
    created_at: ban.createdAt,
    expires_at: ban.expiresAt,
    lifted_at: ban.liftedAt,
    lifted_by: orNull(ban.liftedBy, toSqlText),
  };
}

export function banOf(row: Row): Ban {
  return {
    id: fromSqlText(row.id as string),
    network: fromSqlText(row.network as string),
    reason: fromSqlText(row.reason as string),
    rule: orNull(row.rule as string | null, fromSqlText),
    actor: orNull(row.actor as string | null, fromSqlText),
    offence: Number(row.offence),
    shadow: Number(row.shadow) === 1,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    liftedAt: orNull(row.lifted_at as number | null, Number),
    liftedBy: orNull(row.lifted_by as string | null, fromSqlText),
  };
}

/** Their JSON escapes by itself what a database would spoil. */
export function strikesRowOf({ id, strikes }: BanRecord): Row {
  return { ban_id: toSqlText(id), strikes: JSON.stringify(strikes) };
}

export function strikesOf({ strikes }: Row): readonly Strike[] {
  return typeof strikes === 'string' ? JSON.parse(strikes) : [];
}

function orNull<From, To>(value: From | null, change: (value: From) => To): To | null {
  return value === null ? null : change(value);
}
