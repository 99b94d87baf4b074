import assert from 'node:assert/strict';
import type { SessionStore } from '@portcullis/auth';
import { ADA, ISSUER, idsOf, keep, NOW, sessionOf, USE } from './session-samples.js';
import { ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

/** How sessions are kept, listed and forgotten. */
export const sessionKeepingContract: StoreContract<SessionStore> = [
  {
    name: 'keeps sessions as they were inserted',
    async verify(store) {
      const sessions = [
        sessionOf('s1'),
        sessionOf('s2', {
          acr: 'high',
          amr: ['pwd', 'otp'],
          binding: { jkt: 'k' },
          scopes: [],
          device: null,
        }),
        sessionOf('s3', { binding: { 'x5t#S256': 'c' }, upstream: { iss: 'https://up.example', sub: 'u' } }),
        sessionOf('s4', { upstream: { iss: 'https://up.example', sub: 'u', sid: 'x' }, lastUsedFrom: null }),
        sessionOf('s5', { endedAt: NOW, endedReason: 'logged out', generation: 7, authTime: NOW - 5 }),
      ];
      await keep(store, ...sessions);
      for (const session of sessions) assert.deepEqual(await store.find(session.id), session);
      assert.equal(await store.find('s6'), undefined);
      assert.equal(await store.find(''), undefined);
    },
  },
  {
    name: 'fails for an id that is taken, and leaves the session as it is',
    async verify(store) {
      await store.insert(sessionOf('s1'));
      await assert.rejects(store.insert(sessionOf('s1', { subject: 'bob' })));
      assert.deepEqual(await store.find('s1'), sessionOf('s1'));
      assert.deepEqual(await store.list({ issuer: ISSUER, subject: 'bob', limit: 10 }), []);
    },
  },
  {
    name: 'keeps odd texts apart and as they are',
    async verify(store) {
      for (const [index, text] of ODD_TEXTS.entries()) {
        const upstream = { iss: text, sub: text, sid: text };
        await store.insert(sessionOf(`s${index}`, { subject: text, device: text, scopes: [text], upstream }));
      }
      for (const [index, text] of ODD_TEXTS.entries()) {
        const found = await store.list({ issuer: ISSUER, subject: text, limit: 10 });
        assert.deepEqual(idsOf(found), [`s${index}`]);
        assert.deepEqual([found[0]?.device, found[0]?.scopes, found[0]?.upstream?.sid], [text, [text], text]);
      }
    },
  },
  {
    name: 'hands out what nobody can change it by',
    async verify(store) {
      const given = sessionOf('s1', { binding: { jkt: 'k' } });
      await store.insert(given);
      vandalise(given);
      vandalise(await store.find('s1'));
      assert.deepEqual(await store.find('s1'), sessionOf('s1', { binding: { jkt: 'k' } }));
    },
  },
  {
    name: 'lists those of a user of an issuer, newest first, page by page',
    async verify(store) {
      const times = { a: 1, c: 2, b: 2, d: 3, e: 0 };
      for (const [id, time] of Object.entries(times))
        await store.insert(sessionOf(id, { createdAt: NOW + time }));
      await keep(
        store,
        sessionOf('x1', { issuer: 'https://other.example' }),
        sessionOf('x2', { subject: 'bob' }),
      );
      assert.deepEqual(idsOf(await store.list({ ...ADA, limit: 10 })), ['d', 'c', 'b', 'a', 'e']);
      const first = await store.list({ ...ADA, limit: 2 });
      const { createdAt, id } = first.at(-1) as { createdAt: number; id: string };
      const second = await store.list({ ...ADA, limit: 2, after: { createdAt, id } });
      assert.deepEqual(
        [idsOf(first), idsOf(second)],
        [
          ['d', 'c'],
          ['b', 'a'],
        ],
      );
    },
  },
  {
    name: 'lists, where that is wanted, only those that neither have ended nor are over',
    async verify(store) {
      await keep(
        store,
        sessionOf('going on'),
        sessionOf('ended', { endedAt: NOW, endedReason: 'logged out' }),
        sessionOf('idle', { idleExpiresAt: NOW + 500 }),
      );
      assert.deepEqual(idsOf(await store.list({ ...ADA, liveAt: NOW + 500, limit: 10 })), ['going on']);
      assert.equal((await store.list({ ...ADA, limit: 10 })).length, 3);
    },
  },
  {
    name: 'forgets addresses that are old, and nothing else',
    async verify(store) {
      await keep(store, sessionOf('s1'), sessionOf('s2', { lastUsedAt: NOW + 1 }), sessionOf('s3'));
      await store.forgetAddressesBefore(NOW - 1);
      assert.deepEqual(await store.find('s1'), sessionOf('s1'));
      const rotated = await store.rotate('s3', 0, USE);
      await store.forgetAddressesBefore(NOW);
      assert.deepEqual(await store.find('s1'), sessionOf('s1', { lastUsedFrom: null }));
      assert.deepEqual(await store.find('s2'), sessionOf('s2', { lastUsedAt: NOW + 1 }));
      assert.deepEqual(await store.find('s3'), rotated);
      await store.forgetAddressesBefore(NOW + 10);
      for (const id of ['s2', 's3']) assert.equal((await store.find(id))?.lastUsedFrom, null);
    },
  },
  {
    name: 'forgets those that are over at a time, and no other',
    async verify(store) {
      await keep(
        store,
        sessionOf('over', { idleExpiresAt: NOW }),
        sessionOf('ended and over', { idleExpiresAt: NOW - 1, endedAt: NOW - 9, endedReason: 'x' }),
        sessionOf('ended', { endedAt: NOW - 9, endedReason: 'x' }),
        sessionOf('going on', { idleExpiresAt: NOW + 1 }),
      );
      await store.forgetExpiredBefore(NOW);
      const left = idsOf(await store.list({ ...ADA, limit: 10 }));
      assert.deepEqual(left.toSorted(), ['ended', 'going on']);
      assert.equal(await store.find('over'), undefined);
    },
  },
];
