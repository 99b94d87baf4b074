import type { JsonWebKey } from 'node:crypto';
import { type GivenJwk, MessageSignatureKey } from '../binding/message-signature-key.js';
import { InputError, PortcullisError } from '../errors.js';
import { parseIpNetwork } from '../net/ip-address.js';
import { isRequestLimit, MAX_WINDOW_SECONDS, type RequestLimit } from '../rate-limits/request-limit.js';
import { isGrantableScope, ScopeSet } from '../scopes.js';
import type { ApiKeyHolder, ApiKeyRecord } from './api-key.store.js';
import { UNGRANTABLE_SCOPE } from './api-key-refusals.js';

/** A key to be made: whom it is for, and what it may do. */
export type NewApiKey = ApiKeyHolder & {
  /** A name that people recognise, at most 200 characters. */
  readonly name: string;
  /** Who answers for the key, at most 200 characters. */
  readonly owner?: string;
  /** Which tenant its holder belongs to, at most 200 characters. */
  readonly tenant?: string;
  /** Whatever you want to know of it, at most 4 KiB of JSON. Handlers find it in `AppIdentity.metadata`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What the key may do: `parcels:read`, or `parcels:*` for all of it. None by default. */
  readonly scopes?: readonly string[];
  /** What whoever asked for the key may hand out. By default anything, because your own code asks. */
  readonly grantable?: readonly string[];
  /** The addresses and networks (CIDR) that it may be used from, at most 100. By default from everywhere. */
  readonly networks?: readonly string[];
  /** How often it may be used. By default without limit. */
  readonly rateLimit?: RequestLimit;
  /**
   * A public key, as a JWK: EC P-256 or P-384, Ed25519, RSA of at least 2048 bits. Each request then has to be signed by it (RFC 9421).
   * By default whoever has the key can use it.
   */
  readonly publicKey?: GivenJwk;
  /** When it begins to work, in milliseconds since the epoch. By default now. */
  readonly notBefore?: number;
  /** How long it works, in seconds; `'never'` for a key that never expires by itself. By default `apiKeys.lifetimeSeconds`. */
  readonly lifetimeSeconds?: number | 'never';
};

export const MAX_METADATA_BYTES = 4_096;
export const MAX_NETWORKS = 100;
const MAX_TEXT_LENGTH = 200;

/** A hundred years; anything more is meant to be `'never'`. */
const MAX_LIFETIME_SECONDS = 3_155_760_000;

/** They could write lines of their own into a log, and not every database can hold them. */
const CONTROL_CHARACTER = /[\p{Cc}\p{Cs}]/u;

/** What the maker of a key doesn't decide. */
interface Birth {
  readonly id: string;
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly defaultLifetimeSeconds: number | 'never';
}

/**
 * The record of a new key.
 *
 * @throws InputError naming what makes no sense
 * @throws PortcullisError `ungrantable_scope` when a scope is not among those that may be handed out
 */
export function recordOf(newKey: NewApiKey, { id, hash, now, defaultLifetimeSeconds }: Birth): ApiKeyRecord {
  const { name, owner, tenant, metadata = {}, scopes = [], grantable, networks, rateLimit } = newKey;
  const { publicKey, notBefore = now, lifetimeSeconds = defaultLifetimeSeconds } = newKey;
  check(
    Number.isSafeInteger(notBefore) && notBefore <= now + MAX_LIFETIME_SECONDS * 1000,
    'notBefore must be a time in milliseconds since the epoch, at most a hundred years ahead',
  );
  check(isLifetime(lifetimeSeconds), "lifetimeSeconds must be a positive number, or 'never'");
  check(
    rateLimit === undefined || isRequestLimit(rateLimit),
    `rateLimit must name whole, positive requests and windowSeconds, the latter at most ${MAX_WINDOW_SECONDS}`,
  );
  return {
    ...holderOf(newKey),
    id,
    hash,
    name: checkedText('name', name),
    owner: owner === undefined ? null : checkedText('owner', owner),
    tenant: tenant === undefined ? null : checkedText('tenant', tenant),
    metadata: checkedMetadata(metadata),
    scopes: checkedScopes(scopes, grantable),
    networks: networks === undefined ? null : checkedNetworks(networks),
    rateLimit: rateLimit === undefined ? null : copyOf(rateLimit),
    publicKey: publicKey === undefined ? null : checkedPublicKey(publicKey),
    createdAt: now,
    notBefore,
    expiresAt: lifetimeSeconds === 'never' ? null : Math.ceil(notBefore + lifetimeSeconds * 1000),
    disabledAt: null,
    revokedAt: null,
    revokedReason: null,
    replacedBy: null,
    lastUsedAt: null,
    lastUsedFrom: null,
  };
}

/** Whether something says how long a key works: a positive number of seconds, or that it never expires. */
export function isLifetime(value: unknown): value is number | 'never' {
  return value === 'never' || (typeof value === 'number' && value > 0 && value <= MAX_LIFETIME_SECONDS);
}

/** Whether something is a JSON object of at most 4 KiB. */
export function isMetadata(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  // A date is an object too, but not as JSON.
  const json: string | undefined = JSON.stringify(value);
  return json?.startsWith('{') === true && Buffer.byteLength(json) <= MAX_METADATA_BYTES;
}

/**
 * The scopes without repetition.
 *
 * @throws InputError when one can't be granted to anybody
 * @throws PortcullisError `ungrantable_scope` when one can't be handed out by whoever asks
 */
export function checkedScopes(scopes: readonly string[], grantable?: readonly string[]): readonly string[] {
  const invalid = scopes.findIndex((scope) => !isGrantableScope(scope));
  check(invalid === -1, `${JSON.stringify(scopes[invalid])} is not a scope`);
  const limit = grantable && new ScopeSet(grantable);
  const refused = scopes.find((scope) => limit !== undefined && !limit.has(scope));
  if (refused !== undefined)
    throw new PortcullisError(UNGRANTABLE_SCOPE, `${refused} may not be handed out by whoever asked`, {
      scope: refused,
    });
  return [...new Set(scopes)];
}

function holderOf(newKey: ApiKeyHolder): ApiKeyHolder {
  if ('appId' in newKey) return { appId: checkedText('appId', newKey.appId) };
  return { issuer: checkedText('issuer', newKey.issuer), subject: checkedText('subject', newKey.subject) };
}

function checkedText(name: string, text: string): string {
  check(
    typeof text === 'string' &&
      text !== '' &&
      text.length <= MAX_TEXT_LENGTH &&
      !CONTROL_CHARACTER.test(text),
    `${name} must be a text of 1 to ${MAX_TEXT_LENGTH} characters, none of them a control character`,
  );
  return text;
}

function checkedMetadata(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  check(isMetadata(metadata), `metadata must be an object of at most ${MAX_METADATA_BYTES} bytes as JSON`);
  return JSON.parse(JSON.stringify(metadata));
}

function checkedNetworks(networks: readonly string[]): readonly string[] {
  check(
    networks.length > 0 && networks.length <= MAX_NETWORKS,
    `networks must name 1 to ${MAX_NETWORKS} addresses or networks; leave it out for a key that works from everywhere`,
  );
  const canonical = networks.map((network) => parseIpNetwork(network)?.text);
  const invalid = canonical.indexOf(undefined);
  check(
    invalid === -1,
    `${JSON.stringify(networks[invalid])} is neither an address nor a network in CIDR notation`,
  );
  return [...new Set(canonical as string[])];
}

/** The key alone, without what its owner has written beside it. */
function checkedPublicKey(jwk: GivenJwk): JsonWebKey {
  try {
    return new MessageSignatureKey(jwk).jwk;
  } catch (error) {
    throw error instanceof TypeError ? new InputError(`publicKey: ${error.message}`) : error;
  }
}

function copyOf({ requests, windowSeconds }: RequestLimit): RequestLimit {
  return { requests, windowSeconds };
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InputError(message);
}
