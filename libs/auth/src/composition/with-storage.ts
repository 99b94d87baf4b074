import type { PortcullisOptions } from './portcullis.options.js';
import type { OpenStorage } from './storage.js';

/**
 * The options with what a storage brings, where they say nothing themselves.
 *
 * @param names of the stores that the app has: what it has no use for is left in the storage
 */
export function withStorage(
  given: PortcullisOptions,
  storage: OpenStorage,
  names: readonly string[],
): PortcullisOptions {
  const { tokens, stores } = given;
  // Who configures a signing key does not want keys to be made and kept.
  const left = tokens?.issuer?.signingKey === undefined ? [] : ['signingKeys'];
  const brought = Object.entries(storage).filter(([name]) => names.includes(name) && !left.includes(name));
  return {
    ...given,
    stores: { ...Object.fromEntries(brought), ...defined(stores) },
    replication: filled(given.replication, { feed: storage.feed }),
    bans: filled(given.bans, { strikeLimiter: storage.strikeLimiter }),
    binding: filled(given.binding, { replays: storage.replays }),
    apiKeys: filled(given.apiKeys, { rateLimiter: storage.rateLimiter }),
    rateLimits: filled(given.rateLimits, { limiter: storage.rateLimiter }),
    ...(tokens?.issuer && {
      tokens: { ...tokens, issuer: filled(tokens.issuer, { keyEncryptionKeys: storage.keyEncryptionKeys }) },
    }),
  } as PortcullisOptions;
}

/** A section with what it does not have itself. What is no section is left as it is, to be refused. */
function filled(section: unknown, brought: object): unknown {
  if (section !== undefined && (typeof section !== 'object' || section === null)) return section;
  const parts = { ...defined(brought), ...defined(section) };
  return section === undefined && Object.keys(parts).length === 0 ? undefined : parts;
}

function defined(parts: object | undefined): object {
  return Object.fromEntries(Object.entries(parts ?? {}).filter(([, value]) => value !== undefined));
}
