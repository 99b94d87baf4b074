import { PortcullisError } from '../errors.js';
import { type SecurityEvent, SecurityEvents } from '../events/security-events.js';
import { resolveOptions } from '../portcullis.options.js';
import type { RequestContext } from '../request/request-context.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { RequireTls } from './require-tls.js';

const STORES = {
  apiKeys: new MemoryApiKeyStore(),
  bans: new MemoryBanStore(),
  revocations: new MemoryRevocationStore(),
};
const FACTS = { requestId: 'r1', method: 'GET', path: '/', address: '192.0.2.1' };
const context = (isSecure: boolean) => ({ isSecure, facts: FACTS }) as unknown as RequestContext;

function tls(requireTls: boolean) {
  const stream = new SecurityEvents();
  const events: SecurityEvent[] = [];
  stream.subscribe((event) => events.push(event));
  return { guard: new RequireTls(resolveOptions({ requireTls }, STORES), stream), events };
}

describe('a credential that came in clear text', () => {
  it.each(['api-key', 'token'] as const)(
    'is refused, and named so that it can be revoked: %s',
    async (credential) => {
      const { guard, events } = tls(true);
      const refused = guard.refuse(context(false), credential, async () => 'k1');
      const error = await refused.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PortcullisError);
      expect(error).toMatchObject({ code: 'tls_required', challenge: [credential] });
      expect(events).toEqual([
        { type: 'credential.leaked', leak: 'clear-text', request: FACTS, credential, id: 'k1' },
      ]);
    },
  );

  it('is refused without a name where it proves nothing', async () => {
    const { guard, events } = tls(true);
    const failing = async () => {
      throw new Error('no such key');
    };
    await expect(guard.refuse(context(false), 'token', failing)).rejects.toMatchObject({
      code: 'tls_required',
    });
    expect(events).toEqual([
      { type: 'credential.leaked', leak: 'clear-text', request: FACTS, credential: 'token' },
    ]);
  });
});

it.each([
  [true, true, true],
  [true, false, false],
  [false, false, true],
  [false, true, true],
])(
  'where TLS is demanded: %s, and the request is encrypted: %s, it may be looked at: %s',
  (demanded, isSecure, isMet) => {
    expect(tls(demanded).guard.isMetBy(context(isSecure))).toBe(isMet);
  },
);
