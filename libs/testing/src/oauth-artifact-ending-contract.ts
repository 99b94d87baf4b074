import assert from 'node:assert/strict';
import type { OAuthArtifact, OAuthArtifactSelection, OAuthArtifactStore } from '@portcullis/auth';
import { artifactOf, foundOf, ISSUER, idsIn, keep, MODEL, NOW } from './oauth-samples.js';
import { atOnce, fiftyAtATime, type StoreContract } from './store-contract.js';

/** Ends, call by call, until none is left. */
async function revokeAll(
  store: OAuthArtifactStore,
  which: OAuthArtifactSelection,
): Promise<{ count: number; grantIds: string[] }> {
  const grantIds = new Set<string>();
  let count = 0;
  for (let calls = 0; calls < 100; calls++) {
    const ended = await store.revoke(which);
    if (ended.count === 0) break;
    count += ended.count;
    for (const id of ended.grantIds) grantIds.add(id);
  }
  return { count, grantIds: [...grantIds].toSorted() };
}

const ELSEWHERE = 'https://other.example';

/** How what the authorization server has given out ends. */
export const oauthArtifactEndingContract: StoreContract<OAuthArtifactStore> = [
  {
    name: 'ends one once, and for good: it neither is found nor used nor comes back',
    async verify(store) {
      const ended = artifactOf('a1', { uidHash: 'u1', userCodeHash: 'c1', grantId: 'g1' });
      await keep(store, ended, artifactOf('a1', { model: 'Grant' }), artifactOf('a2'));
      assert.equal(await store.end(ended), true);
      assert.equal(await store.end(ended), false);
      assert.equal(await store.end(artifactOf('a3')), false);
      for (const found of [
        await store.find(ended),
        await store.findByUid(MODEL, 'u1'),
        await store.findByUserCode(MODEL, 'c1'),
      ])
        assert.equal(found, undefined);
      assert.equal(await store.consume(ended, NOW), false);
      assert.equal(await store.upsert(ended), false);
      assert.equal(await store.find(ended), undefined);
      assert.deepEqual(await store.revoke({ issuer: ISSUER, grantId: 'g1' }), { count: 0, grantIds: [] });
      for (const other of [artifactOf('a1', { model: 'Grant' }), artifactOf('a2')])
        assert.deepEqual(await store.find(other), foundOf(other));
    },
  },
  {
    name: 'ends those of a grant with it, and says which grants',
    async verify(store) {
      const grantId = 'g1';
      await keep(store, artifactOf('a1', { grantId }), artifactOf('a2', { grantId }));
      await keep(store, artifactOf('g1', { model: 'Grant', grantId }), artifactOf('x1', { grantId: 'g2' }));
      await keep(store, artifactOf('x2', { grantId, issuer: ELSEWHERE }), artifactOf('x3'));
      assert.deepEqual(await store.revoke({ issuer: ISSUER, grantId }), { count: 3, grantIds: ['g1'] });
      assert.deepEqual(await store.revoke({ issuer: ISSUER, grantId }), { count: 0, grantIds: [] });
      assert.deepEqual(await idsIn(store, 'a1', 'a2', 'x1', 'x2', 'x3'), ['x1', 'x2', 'x3']);
      assert.equal(await store.upsert(artifactOf('g1', { model: 'Grant', grantId })), false);
    },
  },
  {
    name: 'ends those of a login',
    async verify(store) {
      const sessionId = 's1';
      await keep(store, artifactOf('a1', { sessionId, grantId: 'g1' }), artifactOf('a2', { sessionId }));
      await keep(
        store,
        artifactOf('x1', { sessionId: 's2' }),
        artifactOf('x2', { issuer: ELSEWHERE, sessionId }),
      );
      assert.deepEqual(await revokeAll(store, { issuer: ISSUER, sessionId }), { count: 2, grantIds: ['g1'] });
      assert.deepEqual(await idsIn(store, 'a1', 'a2', 'x1', 'x2'), ['x1', 'x2']);
    },
  },
  {
    name: 'names the grants of what is selected and goes on',
    async verify(store) {
      const of = (id: string, grantId: string | null, rest: Partial<OAuthArtifact> = {}) =>
        artifactOf(id, { grantId, subject: 'ada', clientId: 'shop', ...rest });
      await keep(store, of('a1', 'g1'), of('a2', 'g1'), of('a3', 'g2', { clientId: 'cli' }), of('a4', null));
      await keep(store, of('b1', 'g3', { sessionId: 's1' }), of('b2', 'g4', { subject: 'bob' }));
      await keep(store, of('x1', 'g5', { issuer: ELSEWHERE }), of('x2', 'g6'));
      await store.end(of('x2', 'g6'));
      const namesOf = async (which: object) =>
        (await store.grantsOf({ issuer: ISSUER, ...which } as OAuthArtifactSelection)).toSorted();
      assert.deepEqual(await namesOf({ subject: 'ada', clientId: 'shop' }), ['g1', 'g3']);
      assert.deepEqual(await namesOf({ subject: 'ada' }), ['g1', 'g2', 'g3']);
      assert.deepEqual(await namesOf({ clientId: 'shop' }), ['g1', 'g3', 'g4']);
      assert.deepEqual(await namesOf({ clientId: 'shop', madeBy: NOW - 1 }), []);
      assert.deepEqual(await namesOf({ sessionId: 's1' }), ['g3']);
      assert.deepEqual(await namesOf({ grantId: 'g1' }), ['g1']);
      assert.deepEqual(await namesOf({ grantId: 'g6' }), []);
    },
  },
  {
    name: 'ends those of a user, of a client, and of a user at a client',
    async verify(store) {
      const of = (id: string, subject: string | null, clientId: string | null, issuer = ISSUER) =>
        artifactOf(id, { subject, clientId, issuer, grantId: `g-${id}` });
      await keep(store, of('a1', 'ada', 'shop'), of('a2', 'ada', 'cli'), of('a3', 'ada', null));
      await keep(store, of('b1', 'bob', 'shop'), of('b2', 'bob', 'tv'), of('c1', null, 'shop'));
      await keep(store, of('x1', 'ada', 'shop', ELSEWHERE));
      const both = { issuer: ISSUER, subject: 'ada', clientId: 'shop' };
      assert.deepEqual(await revokeAll(store, both), { count: 1, grantIds: ['g-a1'] });
      const ofClient = await revokeAll(store, { issuer: ISSUER, clientId: 'shop' });
      assert.deepEqual(ofClient, { count: 2, grantIds: ['g-b1', 'g-c1'] });
      const ofUser = await revokeAll(store, { issuer: ISSUER, subject: 'ada' });
      assert.deepEqual(ofUser, { count: 2, grantIds: ['g-a2', 'g-a3'] });
      assert.deepEqual(await idsIn(store, 'a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'x1'), ['b2', 'x1']);
    },
  },
  {
    name: 'ends only those that were made by a time, where one is given',
    async verify(store) {
      const shared = { subject: 'ada', clientId: 'shop' };
      await keep(store, artifactOf('a1', shared), artifactOf('a2', { ...shared, createdAt: NOW + 1 }));
      const selections = [shared, { subject: 'ada' }, { clientId: 'shop' }];
      for (const which of selections)
        assert.equal((await revokeAll(store, { issuer: ISSUER, ...which, madeBy: NOW - 1 })).count, 0);
      assert.equal((await revokeAll(store, { issuer: ISSUER, ...shared, madeBy: NOW })).count, 1);
      assert.deepEqual(await idsIn(store, 'a1', 'a2'), ['a2']);
    },
  },
  {
    name: 'ends nothing where a part of the selection is missing',
    async verify(store) {
      const names = { subject: 'ada', clientId: 'shop', grantId: 'g1', sessionId: 's1' };
      await keep(store, artifactOf('a1', names), artifactOf('a2'));
      const missing = [
        { issuer: ISSUER, grantId: undefined },
        { issuer: ISSUER, sessionId: undefined },
        { issuer: ISSUER, clientId: undefined },
        { issuer: ISSUER, subject: undefined },
        { issuer: ISSUER, clientId: 'shop', subject: undefined },
        { issuer: ISSUER, clientId: undefined, subject: 'ada' },
        { issuer: undefined, subject: 'ada' },
      ] as unknown as OAuthArtifactSelection[];
      for (const which of missing)
        assert.equal((await store.revoke(which).catch(() => undefined))?.count ?? 0, 0);
      assert.deepEqual(await idsIn(store, 'a1', 'a2'), ['a1', 'a2']);
    },
  },
  {
    name: 'ends very many, and each in one call only',
    async verify(store) {
      const ids = Array.from({ length: 1_100 }, (_, index) => `a${index}`);
      await fiftyAtATime(ids, (id) => store.upsert(artifactOf(id, { subject: 'ada' })));
      const both = await atOnce(2, () => revokeAll(store, { issuer: ISSUER, subject: 'ada' }));
      const counts = both.map(({ count }) => count);
      assert.equal(
        counts.reduce((sum, count) => sum + count),
        ids.length,
      );
      assert.deepEqual(await idsIn(store, ...ids), []);
    },
  },
  {
    name: 'lets nothing come back that is kept again while it ends',
    async verify(store) {
      for (let round = 0; round < 10; round++) {
        const artifact = artifactOf(`a${round}`, { subject: 'ada', grantId: 'g1' });
        await store.upsert(artifact);
        const which = { issuer: ISSUER, ...(round % 2 === 0 ? { grantId: 'g1' } : { subject: 'ada' }) };
        await Promise.all([
          ...[1, 2, 3].map(() => store.upsert(artifact)),
          store.revoke(which as OAuthArtifactSelection),
          ...[1, 2, 3].map(() => store.upsert(artifact)),
        ]);
        assert.equal(await store.find(artifact), undefined);
        assert.equal(await store.consume(artifact, NOW), false);
      }
    },
  },
];
