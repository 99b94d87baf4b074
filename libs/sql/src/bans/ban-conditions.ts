import type { BanQuery } from '@portcullis/auth';
import type { Database, Value } from '../database.js';
import type { Condition, NewestFirst } from '../newest-first.js';
import { toSqlText } from '../text.js';

/** As many as are around an address. Each is a part of the statement in SQLite. */
const MOST_NETWORKS = 129;

/** What finds bans by an index, and what is looked at then; undefined where that is too many networks. */
export function conditionsOf({
  networks,
  rule,
  shadow,
  activeAt,
}: BanQuery): Pick<NewestFirst, 'oneOf' | 'also'> | undefined {
  const isActive: Condition[] = activeAt === undefined ? [] : [(bind) => `expires_at > ${bind(activeAt)}`];
  const hasRule: Condition[] = rule === undefined ? [] : [(bind) => `rule = ${bind(toSqlText(rule))}`];
  // The indexes have both histories apart.
  const kinds = shadow === undefined ? [0, 1] : [Number(shadow)];
  if (networks !== undefined) {
    const different = [...new Set(networks)];
    if (different.length > MOST_NETWORKS) return undefined;
    return {
      oneOf: {
        equalTo: different.flatMap((network) =>
          kinds.map((kind) => ({ network: toSqlText(network), shadow: kind })),
        ),
      },
      also: [...hasRule, ...isActive],
    };
  }
  if (rule !== undefined)
    return {
      oneOf: { equalTo: kinds.map((kind) => ({ rule: toSqlText(rule), shadow: kind })) },
      also: isActive,
    };
  if (shadow !== undefined) return { oneOf: [(bind) => `shadow = ${bind(Number(shadow))}`], also: isActive };
  return { oneOf: [() => ''], also: isActive };
}

/** The bans of very many networks, sorted. */
export function manyNetworks(
  database: Database,
  bans: string,
  { networks = [], activeAt, rule, shadow, after, limit }: BanQuery,
): { from: string; values: Value[] } {
  const values: Value[] = [];
  const bind = (value: Value) => `$${values.push(value)}`;
  const conditions = [`network IN ${database.textsIn(bind(JSON.stringify(networks.map(toSqlText))))}`];
  if (activeAt !== undefined) conditions.push(`expires_at > ${bind(activeAt)}`);
  if (rule !== undefined) conditions.push(`rule = ${bind(toSqlText(rule))}`);
  if (shadow !== undefined) conditions.push(`shadow = ${bind(Number(shadow))}`);
  if (after !== undefined)
    conditions.push(`(created_at, id) < (${bind(after.createdAt)}, ${bind(toSqlText(after.id))})`);
  const order = 'ORDER BY created_at DESC, id DESC';
  return { from: `FROM ${bans} WHERE ${conditions.join(' AND ')} ${order} LIMIT ${bind(limit)}`, values };
}
