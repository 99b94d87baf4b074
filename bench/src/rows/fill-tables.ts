/** Statements that fill the tables, for a database that makes a row of `i` for each number up to the count. */
export type Numbers = (count: number) => string;

const HOUR = 3_600_000;

/** Bans, keys and entries of the audit log, so many of each: what filters look for is rare, and lies where lists end. */
export function fillings(numbers: Numbers, count: number, now: number): readonly string[] {
  const start = now - HOUR - count;
  const from = numbers(count);
  const rare = (value: string, other: string) => `CASE WHEN i < 20 THEN ${value} ELSE ${other} END`;
  return [
    `INSERT INTO portcullis_bans
       (id, network, reason, rule, actor, offence, shadow, created_at, expires_at, lifted_at, lifted_by)
     SELECT 'b' || i, (1 + i / 65536 % 200) || '.' || (i / 256 % 256) || '.' || (i % 256) || '.7/32', 'asked for what is not there',
       ${rare("'rare'", "CASE WHEN i % 3 = 0 THEN NULL ELSE 'probing' END")}, 'ops', 1, ${rare('1', '0')}, ${start} + i,
       ${rare(String(now + HOUR), `${now} + (i % 2) * ${HOUR} + i`)}, NULL, NULL ${from}`,
    `INSERT INTO portcullis_api_keys (id, hash, app_id, issuer, subject, name, owner, tenant, metadata, scopes, networks, rate_limit,
       created_at, not_before, expires_at, disabled_at, revoked_at, revoked_reason, replaced_by, last_used_at, last_used_from)
     SELECT 'k' || i, 'h' || i, ${rare("'rare'", "'app'")}, NULL, NULL, 'Depot', ${rare("'rare'", "'team'")},
       ${rare("'rare'", "'tenant'")}, '{}', '["scans:write"]', NULL, NULL, ${start} + i, ${start} + i + (CASE WHEN i = 5 THEN ${10 * HOUR} + ${count} ELSE 0 END),
       CASE WHEN i = 6 THEN ${start} + 7 END, CASE WHEN i = 7 THEN ${start} + 8 END,
       CASE WHEN i = 8 THEN ${start} + 9 END, NULL, NULL, NULL, NULL ${from}`,
    `INSERT INTO portcullis_audit
       (id, happened_at, type, actor, subject, app_id, key_id, address, request_id, facts)
     SELECT 'e' || i, ${start} + i, ${rare("'bans.cleared'", "'request.refused'")}, ${rare("'rare'", "'ops'")}, 'ann', 'app',
       'k' || (i % 1000), '203.0.113.7/32', 'r' || i, '{"reason":"no key"}' ${from}`,
  ];
}
