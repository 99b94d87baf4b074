import type { BanRecord } from '../bans/ban.store.js';
import { EVENTS } from '../composition/resolve-options.spec-support.js';
import type { EventDefinition } from '../events/event-definition.js';
import type { RequestFacts, SecurityEvent } from '../events/security-event.js';
import type { AuditEntry } from './audit.store.js';
import { addressOf, entryOf as makeEntry, NO_NAMES, type Stamp } from './audit-entry.js';

/** The entry as the definition of its event makes it. */
function entryOf(event: SecurityEvent, stamp: Stamp): AuditEntry {
  return makeEntry(event, (EVENTS.find(event.type) as EventDefinition).namesIn(event), stamp);
}

const STAMP = { id: 'e1', at: 7 };
const REQUEST: RequestFacts = {
  requestId: 'r1',
  method: 'GET',
  path: '/parcels',
  address: '192.0.2.1',
  handler: 'Parcels.list',
  subject: 'ann',
  appId: 'depot',
  keyId: 'k1',
};
const BAN = { network: '203.0.113.7/32', rule: 'probing', reason: 'r' } as unknown as BanRecord;
const refusal = (request: Partial<RequestFacts>): SecurityEvent => ({
  type: 'request.refused',
  request: { ...REQUEST, ...request },
  code: 'invalid_token',
  status: 401,
  reason: 'expired',
});

describe('an entry', () => {
  it('has everything that the event carries, and the names by which it is found', () => {
    const event = refusal({});
    const { type, ...facts } = event;
    expect(entryOf(event, STAMP)).toEqual({
      ...STAMP,
      type,
      ...NO_NAMES,
      subject: 'ann',
      appId: 'depot',
      keyId: 'k1',
      address: '192.0.2.1',
      requestId: 'r1',
      facts,
    });
  });

  it.each<[SecurityEvent, object]>([
    [
      { type: 'api-key.created', keyId: 'k2', appId: 'shop', actor: 'root', address: '::1', requestId: 'r2' },
      { actor: 'root', keyId: 'k2', appId: 'shop', address: '::1', requestId: 'r2' },
    ],
    [{ type: 'address.banned', ban: BAN }, { address: '203.0.113.7' }],
    [
      { type: 'address.banned', ban: BAN, actor: 'root', address: '192.0.2.9' },
      { actor: 'root', address: '192.0.2.9' },
    ],
    [
      { type: 'tokens.revoked', revocation: { type: 'user', subject: 'bob' } as never, actor: 'root' },
      { actor: 'root', subject: 'bob' },
    ],
    [
      {
        type: 'credential.leaked',
        request: { ...REQUEST, keyId: undefined as never },
        credential: 'api-key',
        leak: 'url',
        id: 'k9',
      },
      { subject: 'ann', appId: 'depot', keyId: 'k9', address: '192.0.2.1', requestId: 'r1' },
    ],
    [{ type: 'token.issued', subject: 'cem', tokenId: 't1' }, { subject: 'cem' }],
    [{ type: 'replicas.stale' }, {}],
  ])('of %j is found by %j', (event, names) => {
    const { id: _, at: __, type: ___, facts: ____, ...found } = entryOf(event, STAMP);
    expect(found).toEqual({ ...NO_NAMES, ...names });
  });

  it('is short, however long what an attacker sends', () => {
    const long = 'x'.repeat(1_000_000);
    const entry = entryOf(refusal({ path: `/${long}`, subject: long, keyId: long, method: long }), STAMP);
    expect(JSON.stringify(entry).length).toBeLessThan(5_000);
    expect(entry.subject).toHaveLength(250);
    expect((entry.facts.request as RequestFacts).path).toMatch(/^\/x{998}…$/);
  });

  it.each(['\0', '\ud800', '\udc00', '\u001b[2J', '__proto__', '"'])('keeps %j as it is', (text) => {
    const entry = entryOf(refusal({ path: text, keyId: text }), STAMP);
    expect([entry.keyId, (entry.facts.request as RequestFacts).path]).toEqual([text, text]);
  });

  it('shares nothing with its event', () => {
    const event = refusal({});
    const entry = entryOf(event, STAMP);
    expect(entry.facts.request).not.toBe('request' in event && event.request);
  });
});

describe('a banned network', () => {
  it.each([
    ['203.0.113.7/32', '203.0.113.7'],
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['2001:db8::7/128', '2001:db8::7'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:db8:0:1::/64', '2001:db8:0:1::/64'],
  ])('%s is kept as %s', (network, address) => {
    expect(addressOf(network)).toBe(address);
  });
});
