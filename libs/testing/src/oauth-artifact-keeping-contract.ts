import assert from 'node:assert/strict';
import type { OAuthArtifactStore } from '@portcullis/auth';
import { artifactOf, foundOf, idsIn, keep, MODEL, NOW } from './oauth-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

const NAMED = {
  ...{ grantId: 'g1', uidHash: 'u1', userCodeHash: 'c1', clientId: 'shop', subject: 'ada', sessionId: 's1' },
};

/** How what the authorization server gives out is kept, found and used. */
export const oauthArtifactKeepingContract: StoreContract<OAuthArtifactStore> = [
  {
    name: 'keeps artifacts as they are, and those of different models apart',
    async verify(store) {
      const artifacts = [artifactOf('a1', NAMED), artifactOf('a1', { model: 'Grant' }), artifactOf('a2')];
      for (const artifact of artifacts) assert.equal(await store.upsert(artifact), true);
      for (const artifact of artifacts) assert.deepEqual(await store.find(artifact), foundOf(artifact));
      assert.equal(await store.find({ model: MODEL, idHash: 'a3' }), undefined);
      assert.equal(await store.find({ model: 'Session', idHash: 'a1' }), undefined);
      assert.equal(await store.find({ model: '', idHash: '' }), undefined);
    },
  },
  {
    name: 'replaces all but when it was made, and whether it was used',
    async verify(store) {
      const before = artifactOf('a1', NAMED);
      await keep(store, before);
      await store.consume(before, NOW + 1);
      const later = artifactOf('a1', {
        ...{
          payload: 'more',
          issuer: 'https://other.example',
          grantId: 'g2',
          uidHash: 'u2',
          userCodeHash: 'c2',
        },
        ...{ clientId: 'cli', subject: 'bob', sessionId: 's2', createdAt: NOW + 9, expiresAt: NOW + 2_000 },
      });
      assert.equal(await store.upsert(later), true);
      assert.deepEqual(await store.find(later), foundOf({ ...later, createdAt: NOW }, NOW + 1));
      assert.equal(await store.consume(later, NOW + 10), false);
      assert.equal(await store.findByUid(MODEL, 'u1'), undefined);
      assert.equal(await store.findByUserCode(MODEL, 'c1'), undefined);
      assert.deepEqual(await store.revoke({ issuer: later.issuer, grantId: 'g1' }), {
        count: 0,
        grantIds: [],
      });
      await keep(store, artifactOf('a1', { ...later, ...artifactOf('a1') }));
      assert.deepEqual(await store.find(later), foundOf(artifactOf('a1'), NOW + 1));
    },
  },
  {
    name: 'keeps odd texts apart and as they are',
    async verify(store) {
      const withText = (text: string) =>
        artifactOf(text, {
          ...{ model: text, issuer: text, payload: text, grantId: text, uidHash: text, userCodeHash: text },
          ...{ clientId: text, subject: text, sessionId: text },
        });
      for (const text of ODD_TEXTS) await store.upsert(withText(text));
      for (const text of ODD_TEXTS) {
        assert.deepEqual(await store.find(withText(text)), foundOf(withText(text)));
        assert.deepEqual(await store.findByUid(text, text), foundOf(withText(text)));
        assert.deepEqual(await store.findByUserCode(text, text), foundOf(withText(text)));
        const revoked = await store.revoke({ issuer: text, grantId: text });
        assert.deepEqual(revoked, { count: 1, grantIds: [text] });
      }
    },
  },
  {
    name: 'hands out what nobody can change it by',
    async verify(store) {
      const given = artifactOf('a1', NAMED);
      await store.upsert(given);
      vandalise(given);
      vandalise(await store.find(artifactOf('a1')));
      vandalise(await store.findByUid(MODEL, 'u1'));
      vandalise(await store.findByUserCode(MODEL, 'c1'));
      assert.deepEqual(await store.find(artifactOf('a1')), foundOf(artifactOf('a1', NAMED)));
    },
  },
  {
    name: 'finds the newest of a uid, and the one of a user code, of their models only',
    async verify(store) {
      const old = artifactOf('a1', { uidHash: 'u1', userCodeHash: 'c1' });
      const young = artifactOf('a2', { uidHash: 'u1', userCodeHash: 'c2', createdAt: NOW + 1 });
      const oldest = artifactOf('a3', { uidHash: 'u1', createdAt: NOW - 1 });
      await keep(store, old, young, oldest);
      assert.deepEqual(await store.findByUid(MODEL, 'u1'), foundOf(young));
      assert.deepEqual(await store.findByUserCode(MODEL, 'c1'), foundOf(old));
      for (const name of ['nobody', '']) {
        assert.equal(await store.findByUid(MODEL, name), undefined);
        assert.equal(await store.findByUserCode(MODEL, name), undefined);
      }
      assert.equal(await store.findByUid('Grant', 'u1'), undefined);
      assert.equal(await store.findByUserCode('Grant', 'c1'), undefined);
    },
  },
  {
    name: 'gives no user code to two of a model, also at the same time',
    async verify(store) {
      const codes = await atOnce(20, (index) =>
        store.upsert(artifactOf(`a${index}`, { userCodeHash: 'c1' })).catch(() => undefined),
      );
      assert.deepEqual(
        codes.filter((kept) => kept !== undefined),
        [true],
      );
      const found = await store.findByUserCode(MODEL, 'c1');
      const ids = codes.map((_, index) => `a${index}`);
      assert.deepEqual(await idsIn(store, ...ids), [found?.idHash]);
      assert.equal(await store.upsert(artifactOf('g', { model: 'Grant', userCodeHash: 'c1' })), true);
      await store.end(found ?? artifactOf(''));
      assert.equal(await store.upsert(artifactOf('later', { userCodeHash: 'c1' })), true);
    },
  },
  {
    name: 'is used once, and stays to be found',
    async verify(store) {
      const used = artifactOf('a1');
      await keep(store, used, artifactOf('a1', { model: 'Grant' }), artifactOf('a2'));
      assert.equal(await store.consume(used, NOW + 1), true);
      assert.equal(await store.consume(used, NOW + 2), false);
      assert.equal(await store.consume(artifactOf('a3'), NOW + 2), false);
      assert.deepEqual(await store.find(used), foundOf(used, NOW + 1));
      for (const other of [artifactOf('a1', { model: 'Grant' }), artifactOf('a2')])
        assert.deepEqual(await store.find(other), foundOf(other));
    },
  },
  {
    name: 'lets exactly one of many use it at the same time',
    async verify(store) {
      await keep(store, artifactOf('a1'));
      const used = await atOnce(50, () => store.consume(artifactOf('a1'), NOW));
      assert.equal(used.filter(Boolean).length, 1);
    },
  },
  {
    name: 'is not used when it is over',
    async verify(store) {
      await keep(store, artifactOf('a1'));
      assert.equal(await store.consume(artifactOf('a1'), NOW + 1_000), false);
      assert.deepEqual(await store.find(artifactOf('a1')), foundOf(artifactOf('a1')));
      assert.equal(await store.consume(artifactOf('a1'), NOW + 999), true);
    },
  },
  {
    name: 'forgets those that are over at a time, used or ended or not, and no other',
    async verify(store) {
      const over = { expiresAt: NOW, uidHash: 'u1' };
      await keep(store, artifactOf('over', over), artifactOf('used', over), artifactOf('ended', over));
      await keep(store, artifactOf('prolonged', over), artifactOf('going on', { expiresAt: NOW + 1 }));
      await keep(store, artifactOf('prolonged', { expiresAt: NOW + 1 }));
      await store.consume(artifactOf('used'), NOW - 1);
      await store.end(artifactOf('ended'));
      await store.forgetExpiredBefore(NOW);
      assert.deepEqual(await idsIn(store, 'over', 'used', 'prolonged', 'going on'), [
        'prolonged',
        'going on',
      ]);
      assert.equal(await store.findByUid(MODEL, 'u1'), undefined);
      assert.equal(await store.upsert(artifactOf('ended')), true);
    },
  },
];
