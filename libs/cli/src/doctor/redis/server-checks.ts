import { type Finding, fail, ok, warn } from '../finding.js';
import type { Info, RedisSession } from './redis-session.js';

const OLDEST = 7;

export function checkVersion(info: Info): Finding {
  const check = 'redis.version';
  const isValkey = info.server_name === 'valkey';
  const version = (isValkey ? info.valkey_version : info.redis_version) ?? 'unknown';
  const what = `the version of ${isValkey ? 'Valkey' : 'Redis'} is ${version}`;
  if (Number.parseInt(version, 10) >= OLDEST) return ok(check, what);
  return fail(check, what, `upgrade it to ${OLDEST} or newer, or to Valkey`);
}

export function checkRole({ info }: RedisSession): Finding {
  const check = 'redis.role';
  if (info.role === 'master') return ok(check, 'this Redis can be changed');
  return fail(check, 'this Redis is a replica, which can only be read', 'name the primary in REDIS_URL');
}

/** One that is cut off from its replicas must notice it: what it acknowledges is lost once another has taken its place. */
export function checkReplicas({ info }: RedisSession): Finding {
  const check = 'redis.replicas';
  if (Number(info.connected_slaves ?? 0) === 0)
    return ok(check, 'no replica of this Redis can take its place');
  // Only there where the setting is.
  if (info.min_slaves_good_slaves !== undefined)
    return ok(check, 'this Redis refuses changes when it is cut off from its replicas');
  return warn(
    check,
    'this Redis takes changes also when it is cut off from its replicas: a revocation is lost if one of them takes its place',
    'set min-replicas-to-write, and see "Redis with replicas" in the guide to deployment',
  );
}

/** Whoever is let in can take back revocations and bans on the instances. */
export function checkPassword(session: RedisSession, url: string): Finding {
  const check = 'redis.password';
  if (session.isLocal) return ok(check, 'the connection to Redis stays on this machine');
  const { password, protocol } = new URL(url);
  if (password === '')
    return fail(
      check,
      'Redis is on another machine and wants no password: whoever reaches it can publish that nothing is revoked',
      'give it a user with a password (ACL SETUSER, or requirepass), and name both in REDIS_URL',
    );
  if (protocol === 'rediss:') return ok(check, 'the connection to Redis is encrypted, with a password');
  return warn(
    check,
    'the connection to Redis leaves this machine and is not encrypted, nor is its password',
    'use rediss:// in REDIS_URL, and TLS on the server',
  );
}
