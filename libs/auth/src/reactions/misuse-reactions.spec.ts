import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { AppIdentity } from '../identity/identity.js';
import type { TokenFacts, VerifiedToken } from '../identity/verified-token.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import type { TokenMisuse } from './misuse-events.js';
import { MisuseReactions } from './misuse-reactions.js';

const START = Date.UTC(2030, 0, 1);
const OWN = 'https://api.example';
type Reactions = NonNullable<NonNullable<PortcullisOptions['tokens']>['reactions']>;

function appWith(reactions: Reactions = {}) {
  const store = new MemoryRevocationStore();
  const stores = memoryStores({ revocations: store });
  const tokens = { audience: 'parcels', issuer: { url: OWN }, reactions };
  const options = resolveOptions({ tokens, now: () => START }, stores);
  const stream = new SecurityEvents();
  const events: SecurityEvent[] = [];
  stream.subscribe((event) => events.push(event));
  const revocations = new RevocationService(options, stream, new Replicator(options, stream, CHANGES));
  const misused = () =>
    events.filter((event) => event.type === 'token.misused').map(({ revoked }) => revoked);
  return { misuse: new MisuseReactions(options, revocations, stream), revocations, events, misused, store };
}

function token(facts: Partial<TokenFacts> = {}): VerifiedToken {
  const all: TokenFacts = {
    issuer: OWN,
    tokenId: 't1',
    sessionId: undefined,
    subject: 'ann',
    clientId: 'web',
    issuedAt: START / 1_000 - 10,
    ...facts,
  };
  const identity = new AppIdentity({ appId: 'web', name: 'web', scopes: [] });
  return { identity, facts: all, expiresAt: START / 1_000 + 60, keyId: 'k1' };
}

/** Lets what was begun come to its end: the store in memory needs no more than a few turns. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};

const REACTIONS: [TokenMisuse, keyof Reactions, 'token' | 'user'][] = [
  ['banned-address', 'revokeTokenFromBannedAddress', 'token'],
  ['revoked-token', 'revokeUserOnRevokedToken', 'user'],
  ['algorithm-attack', 'revokeTokenOnAlgorithmAttack', 'token'],
];

describe.each(REACTIONS)('a misuse: %s', (misuse, option, revokes) => {
  it('is reported, with what it led to, and never with the token', async () => {
    const app = appWith({ [option]: true });
    app.misuse.report(misuse, token());
    await settled();
    expect(app.events).toEqual([
      { type: 'token.misused', misuse, issuer: OWN, tokenId: 't1', subject: 'ann', revoked: revokes },
      {
        type: 'tokens.revoked',
        revocation: expect.objectContaining({ type: revokes, issuer: OWN, reason: misuse }),
      },
    ]);
  });

  it(`revokes the ${revokes} where that is on, and no one else`, async () => {
    const { misuse: reactions, revocations } = appWith({ [option]: true });
    reactions.report(misuse, token());
    await settled();
    expect(revocations.isRevoked(token().facts)).toBe(true);
    expect(revocations.isRevoked(token({ tokenId: 't2' }).facts)).toBe(revokes === 'user');
    expect(revocations.isRevoked(token({ tokenId: 't2', subject: 'bob' }).facts)).toBe(false);
    expect(revocations.isRevoked(token({ issuer: 'https://other.example' }).facts)).toBe(false);
  });

  it('is only reported where that is off', async () => {
    const app = appWith({ [option]: false });
    app.misuse.report(misuse, token());
    await settled();
    expect(app.misused()).toEqual(['nothing']);
    expect(app.revocations.isRevoked(token().facts)).toBe(false);
  });

  it('is reported, and leads to a reaction, once for each token', async () => {
    const app = appWith({ [option]: true });
    for (let time = 0; time < 3; time++) app.misuse.report(misuse, token());
    app.misuse.report(misuse, token({ tokenId: 't2' }));
    await settled();
    expect(app.misused()).toEqual([revokes, revokes]);
    expect(app.events.filter(({ type }) => type === 'tokens.revoked')).toHaveLength(2);
  });

  it('of two issuers that name a token alike are two', async () => {
    const app = appWith({ [option]: true });
    app.misuse.report(misuse, token());
    app.misuse.report(misuse, token({ issuer: 'https://other.example' }));
    await settled();
    expect(app.misused()).toEqual([revokes, revokes]);
    expect(app.revocations.isRevoked(token({ issuer: 'https://other.example' }).facts)).toBe(true);
  });

  it('that could not be answered, because the store is down, is logged and disturbs nobody', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const app = appWith({ [option]: true });
    app.store.save = () => Promise.reject(new Error('store is down'));
    expect(() => app.misuse.report(misuse, token())).not.toThrow();
    await settled();
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('store is down'));
    app.misuse.report(misuse, token());
    expect(app.misused()).toEqual([revokes, revokes]);
    await settled();
    logged.mockRestore();
  });
});

it('by default only the attack on an algorithm is answered, for honest users do the others too', async () => {
  const app = appWith();
  for (const [misuse] of REACTIONS) app.misuse.report(misuse, token({ tokenId: misuse }));
  await settled();
  expect(app.misused()).toEqual(['nothing', 'nothing', 'token']);
});

it('one misuse does not use up the reaction to another one', async () => {
  const app = appWith({ revokeTokenFromBannedAddress: true, revokeUserOnRevokedToken: true });
  for (const [misuse] of REACTIONS) app.misuse.report(misuse, token());
  await settled();
  expect(app.misused()).toEqual(['token', 'user', 'token']);
});
