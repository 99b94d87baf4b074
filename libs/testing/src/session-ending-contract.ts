import assert from 'node:assert/strict';
import type { SessionRecord, SessionSelection, SessionStore } from '@portcullis/auth';
import { ADA, ISSUER, idsOf, keep, NOW, sessionOf, USE } from './session-samples.js';
import { atOnce, fiftyAtATime, type StoreContract } from './store-contract.js';

/** Ends, call by call, until none is left. */
async function endAll(store: SessionStore, which: SessionSelection): Promise<string[]> {
  const ended: SessionRecord[] = [];
  for (let calls = 0; calls < 100; calls++) {
    const some = await store.end(which, NOW + 1, 'spec');
    ended.push(...some);
    if (some.isAll || some.length === 0) break;
  }
  return idsOf(ended).toSorted();
}

const UPSTREAM = { iss: 'https://up.example', sub: 'u' };

/** How sessions end. */
export const sessionEndingContract: StoreContract<SessionStore> = [
  {
    name: 'ends one session once, for good, and says how it is then',
    async verify(store) {
      await keep(store, sessionOf('s1'), sessionOf('s2'));
      const ended = sessionOf('s1', { endedAt: NOW + 1, endedReason: 'logged out' });
      assert.deepEqual(await store.end({ id: 's1' }, NOW + 1, 'logged out'), [ended]);
      assert.deepEqual(await store.end({ id: 's1' }, NOW + 2, 'again'), []);
      assert.deepEqual(await store.find('s1'), ended);
      assert.equal(await store.rotate('s1', 0, USE), undefined);
      assert.deepEqual(await store.find('s2'), sessionOf('s2'));
    },
  },
  {
    name: 'says which have ended and are unsettled, until they are settled',
    async verify(store) {
      await keep(store, ...['s1', 's2', 's3', 's4'].map((id) => sessionOf(id)));
      const endings = { s2: 1, s1: 2, s3: 3 };
      for (const [id, later] of Object.entries(endings)) await store.end({ id }, NOW + later, 'spec');
      const unsettled = async (endedBy: number, limit: number) =>
        (await store.unsettled(NOW + endedBy, limit)).map(({ id }) => id);
      assert.deepEqual(await unsettled(3, 10), ['s2', 's1', 's3']);
      assert.deepEqual(await unsettled(2, 10), ['s2', 's1']);
      assert.deepEqual(await unsettled(3, 1), ['s2']);
      assert.deepEqual(await store.unsettled(NOW + 1, 1), [await store.find('s2')]);
      await store.settle(['s2', 's3', 's4', 'nobody']);
      assert.deepEqual(await unsettled(3, 10), ['s1']);
      await store.end({ id: 's3' }, NOW + 4, 'again');
      await store.settle([]);
      assert.deepEqual(await unsettled(9, 10), ['s1']);
      assert.equal((await store.find('s3'))?.endedAt, NOW + 3);
    },
  },
  {
    name: 'says which of a user have ended since a time',
    async verify(store) {
      await keep(
        store,
        ...['s1', 's2', 's3', 's4'].map((id) => sessionOf(id)),
        sessionOf('x1', { subject: 'bob' }),
        sessionOf('x2', { issuer: 'https://other.example' }),
      );
      const endings = { s1: 1, s2: 2, s3: 3, x1: 3, x2: 3 };
      for (const [id, later] of Object.entries(endings)) await store.end({ id }, NOW + later, 'spec');
      await store.settle(['s3']);
      const since = async (later: number, user = ADA) =>
        (await store.endedSince(user, NOW + later)).toSorted();
      assert.deepEqual(await since(1), ['s2', 's3']);
      assert.deepEqual(await since(3), []);
      const users = [ADA, { ...ADA, subject: 'bob' }, { ...ADA, subject: 'nobody' }];
      const each = await Promise.all(users.flatMap((user) => [since(0, user), since(2, user)]));
      assert.deepEqual(each, [['s1', 's2', 's3'], ['s3'], ['x1'], ['x1'], [], []]);
    },
  },
  {
    name: 'ends those of a user, but for one',
    async verify(store) {
      await keep(
        store,
        ...['s1', 's2', 's3'].map((id) => sessionOf(id)),
        sessionOf('x1', { subject: 'bob' }),
        sessionOf('x2', { issuer: 'https://other.example' }),
      );
      assert.deepEqual(await endAll(store, { ...ADA, except: 's2' }), ['s1', 's3']);
      assert.deepEqual(await endAll(store, ADA), ['s2']);
      for (const id of ['x1', 'x2']) assert.equal((await store.find(id))?.endedAt, null);
    },
  },
  {
    name: 'ends those of a client, and those of a login elsewhere',
    async verify(store) {
      await keep(
        store,
        sessionOf('c1', { clientId: 'cli' }),
        sessionOf('c2', { clientId: 'cli', issuer: 'https://other.example' }),
        sessionOf('u1', { upstream: { ...UPSTREAM, sid: 'a' } }),
        sessionOf('u2', { upstream: { ...UPSTREAM, sid: 'b' }, subject: 'bob' }),
        sessionOf('u3', { upstream: UPSTREAM }),
        sessionOf('u4', { upstream: { ...UPSTREAM, iss: 'https://else.example' } }),
        sessionOf('u5', { upstream: { ...UPSTREAM, sub: 'v' } }),
      );
      assert.deepEqual(await endAll(store, { issuer: ISSUER, clientId: 'cli' }), ['c1']);
      assert.deepEqual(await endAll(store, { upstream: { ...UPSTREAM, sid: 'a' } }), ['u1']);
      assert.deepEqual(await endAll(store, { upstream: UPSTREAM }), ['u2', 'u3']);
      for (const id of ['c2', 'u4', 'u5']) assert.equal((await store.find(id))?.endedAt, null);
    },
  },
  {
    name: 'ends those of a session elsewhere whose user is not named',
    async verify(store) {
      const upstream = { ...UPSTREAM, sid: 'a' };
      await keep(
        store,
        sessionOf('u1', { upstream }),
        sessionOf('u2', { upstream: { ...upstream, sub: 'v' }, subject: 'bob' }),
        sessionOf('u3', { upstream: { ...upstream, sid: 'b' } }),
        sessionOf('u4', { upstream: { ...upstream, iss: 'https://else.example' } }),
        sessionOf('u5', { upstream: UPSTREAM }),
        sessionOf('u6'),
      );
      assert.deepEqual(await endAll(store, { upstream: { iss: UPSTREAM.iss, sid: 'a' } }), ['u1', 'u2']);
      for (const id of ['u3', 'u4', 'u5', 'u6']) assert.equal((await store.find(id))?.endedAt, null);
    },
  },
  {
    name: 'ends those of a login elsewhere, but for one',
    async verify(store) {
      const upstream = UPSTREAM;
      for (const id of ['u1', 'u2', 'u3']) await store.insert(sessionOf(id, { upstream }));
      assert.deepEqual(await endAll(store, { upstream, except: 'u2' }), ['u1', 'u3']);
      assert.deepEqual(await endAll(store, { upstream }), ['u2']);
    },
  },
  {
    name: 'ends only those that had begun by a time, where one is given',
    async verify(store) {
      const upstream = UPSTREAM;
      await keep(store, sessionOf('s1', { upstream }), sessionOf('s2', { upstream, createdAt: NOW + 1 }));
      const selections: SessionSelection[] = [ADA, { issuer: ISSUER, clientId: 'web' }, { upstream }];
      for (const which of selections)
        assert.deepEqual(await endAll(store, { ...which, begunBy: NOW - 1 } as SessionSelection), []);
      assert.deepEqual(await endAll(store, { ...ADA, begunBy: NOW }), ['s1']);
    },
  },
  {
    name: 'ends nothing where a part of the selection is missing',
    async verify(store) {
      await keep(store, sessionOf('s1', { upstream: UPSTREAM }));
      const missing = [
        { id: undefined },
        { issuer: ISSUER, subject: undefined },
        { issuer: undefined, subject: 'ada' },
        { issuer: ISSUER, clientId: undefined },
        { upstream: { ...UPSTREAM, sub: undefined } },
        { upstream: { iss: UPSTREAM.iss, sid: undefined } },
        { upstream: { iss: UPSTREAM.iss } },
      ] as unknown as SessionSelection[];
      for (const which of missing) assert.deepEqual(await store.end(which, NOW, 'spec').catch(() => []), []);
      assert.deepEqual(await store.find('s1'), sessionOf('s1', { upstream: UPSTREAM }));
    },
  },
  {
    name: 'ends very many, and each in one call only',
    async verify(store) {
      const ids = Array.from({ length: 1_100 }, (_, index) => `s${index}`);
      await fiftyAtATime(ids, (id) => store.insert(sessionOf(id)));
      const both = await atOnce(2, async () => {
        const ended = await endAll(store, ADA);
        // Whoever is told that none is left may rely on it, whoever has ended them.
        assert.deepEqual(await store.list({ ...ADA, liveAt: NOW, limit: 1 }), []);
        return ended;
      });
      assert.deepEqual(both.flat().toSorted(), ids.toSorted());
    },
  },
  {
    name: 'ends what many ask for at once in all ways: for each its own, when and why it says',
    async verify(store) {
      const numbers = Array.from({ length: 130 }, (_, index) => index);
      const ownOf = (index: number) => ({ subject: `user ${index}`, clientId: `client ${index}` });
      const waysOf = (index: number): readonly SessionSelection[] => [
        { issuer: ISSUER, subject: `user ${index}` },
        { issuer: ISSUER, subject: `user ${index}`, except: 'of nobody' },
        { issuer: ISSUER, clientId: `client ${index}`, begunBy: NOW },
        { id: `of ${index}` },
      ];
      await fiftyAtATime(numbers, (index) => store.insert(sessionOf(`of ${index}`, ownOf(index))));
      const ended = await atOnce(numbers.length + 1, (index) =>
        store.end(waysOf(index)[index % 4] as SessionSelection, NOW + index, `why ${index}`),
      );
      const expected = numbers.map((index) => [
        sessionOf(`of ${index}`, { ...ownOf(index), endedAt: NOW + index, endedReason: `why ${index}` }),
      ]);
      assert.deepEqual(ended, [...expected, []]);
    },
  },
  {
    name: 'lets a session either end or go on first, of all that happens at once',
    async verify(store) {
      for (let round = 0; round < 10; round++) {
        const id = `s${round}`;
        await store.insert(sessionOf(id));
        const [rotated, ended] = await Promise.all([
          store.rotate(id, 0, USE),
          store.end({ id }, NOW + 1, 'spec'),
        ]);
        const found = await store.find(id);
        const [generation, endedAt] = [rotated === undefined ? 0 : 1, ended.length === 1 ? NOW + 1 : null];
        assert.deepEqual([found?.generation, found?.endedAt, endedAt], [generation, NOW + 1, NOW + 1]);
      }
    },
  },
];
