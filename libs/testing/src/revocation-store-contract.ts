import assert from 'node:assert/strict';
import type { KnownRevocation, Revocation, RevocationStore } from '@portcullis/auth';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

const NOW = Date.UTC(2020, 0, 1);
const FACTS = {
  issuer: 'https://issuer.example',
  reason: 'stolen',
  revokedAt: NOW - 1_000,
  expiresAt: NOW + 1_000,
};

function ofToken(id: string, details: Partial<typeof FACTS & { tokenId: string }> = {}): Revocation {
  return { ...FACTS, id, type: 'token', tokenId: 't1', ...details };
}

function ofUser(
  id: string,
  details: Partial<typeof FACTS & { subject: string; issuedUntil: number }> = {},
): Revocation {
  return { ...FACTS, id, type: 'user', subject: 'ann', issuedUntil: NOW / 1_000 - 1, ...details };
}

function ofLogins(id: string, details: Partial<typeof FACTS & { subject: string }> = {}): Revocation {
  return { ...FACTS, id, type: 'logins', subject: 'ann', issuedUntil: NOW / 1_000 - 1, ...details };
}

function ofSession(id: string, details: Partial<typeof FACTS & { sessionId: string }> = {}): Revocation {
  return { ...FACTS, id, type: 'session', sessionId: 's1', ...details };
}

function ofClient(
  id: string,
  details: Partial<typeof FACTS & { clientId: string; issuedUntil: number }> = {},
): Revocation {
  return { ...FACTS, id, type: 'client', clientId: 'web', issuedUntil: NOW / 1_000 - 1, ...details };
}

function ofIssuer(id: string, details: Partial<typeof FACTS & { issuedUntil: number }> = {}): Revocation {
  return { ...FACTS, id, type: 'issuer', issuedUntil: NOW / 1_000 - 1, ...details };
}

/** All that it keeps. */
function kept(store: RevocationStore): Promise<readonly KnownRevocation[]> {
  return store.findSince(0, 1_000);
}

function byId(revocations: readonly KnownRevocation[]): KnownRevocation[] {
  return revocations.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/** What is known of them by their ids, without the reasons, which a store may leave out. */
function known(revocations: readonly (KnownRevocation & Partial<Pick<Revocation, 'reason'>>)[]): object[] {
  return byId(revocations).map(({ reason, ...rest }: Partial<Revocation> & KnownRevocation) => rest);
}
const idsOf = (revocations: readonly KnownRevocation[]) => byId(revocations).map(({ id }) => id);

/** What every {@link RevocationStore} promises. */
export const revocationStoreContract: StoreContract<RevocationStore> = [
  {
    name: 'is empty at first',
    async verify(store) {
      assert.deepEqual(await kept(store), []);
    },
  },
  {
    name: 'keeps revocations of tokens, sessions, users, logins, clients and issuers as they were saved',
    async verify(store) {
      const saved = [
        ofToken('r1', { tokenId: 'x' }),
        ofUser('r2', { subject: 'bob', issuedUntil: 1 }),
        ofUser('r3'),
        ofLogins('r30', { subject: 'bob' }),
        ofSession('r4', { sessionId: 'y' }),
        ofClient('r5', { clientId: 'cli', issuedUntil: 2 }),
        ofClient('r6'),
        ofIssuer('r7', { issuedUntil: 3 }),
        ofIssuer('r8'),
      ];
      await store.save(saved);
      assert.deepEqual(known(await kept(store)), known(saved));
    },
  },
  {
    name: 'keeps several revocations of the same',
    async verify(store) {
      const saved = [
        ofToken('r1'),
        ofToken('r2', { reason: 'again' }),
        ofUser('r3'),
        ofUser('r4', { issuedUntil: 1 }),
        ofSession('r5'),
        ofSession('r6', { reason: 'again' }),
        ofClient('r7'),
        ofClient('r8', { issuedUntil: 1 }),
        ofIssuer('r9'),
        ofIssuer('s1', { issuedUntil: 1 }),
      ];
      await store.save(saved);
      assert.deepEqual(known(await kept(store)), known(saved));
    },
  },
  {
    name: 'keeps namesakes of different kinds apart, and those of two issuers',
    async verify(store) {
      const other = { issuer: 'https://other.example' };
      const saved = [
        ofToken('r1', { tokenId: 'same' }),
        ofUser('r2', { subject: 'same' }),
        ofLogins('r20', { subject: 'same' }),
        ofSession('r3', { sessionId: 'same' }),
        ofClient('r4', { clientId: 'same' }),
        ofToken('r5', { tokenId: 'same', ...other }),
        ofUser('r6', { subject: 'same', ...other }),
        ofSession('r7', { sessionId: 'same', ...other }),
        ofClient('r8', { clientId: 'same', ...other }),
        ofIssuer('r9'),
        ofIssuer('s1', other),
      ];
      await store.save(saved);
      assert.deepEqual(known(await kept(store)), known(saved));
    },
  },
  {
    name: 'finds those that were made at or after a time, in that order, page by page, also when they are over',
    async verify(store) {
      const times = { d: 3, a: 2, c: 2, b: 2, e: 1, f: 4, g: 0 };
      for (const [id, time] of Object.entries(times))
        await store.save([ofToken(id, { revokedAt: NOW + time, expiresAt: NOW - 1 })]);
      const pages: string[][] = [];
      let after: KnownRevocation | undefined;
      do {
        const page = await store.findSince(NOW + 1, 2, after);
        pages.push(page.map(({ id }) => id));
        after = page.at(-1);
      } while (after !== undefined && pages.length < 5);
      assert.deepEqual(
        pages.map(({ length }) => length),
        [2, 2, 2, 0],
      );
      const found = pages.flat();
      assert.deepEqual(
        [found[0], ...found.slice(1, 4).sort(), ...found.slice(4)],
        ['e', 'a', 'b', 'c', 'd', 'f'],
      );
    },
  },
  {
    name: 'gives pages, if it can, whose digest is that of what is in them',
    async verify(store) {
      if (store.findPage === undefined) return;
      const [first, ...others] = ['a', 'b', 'c', 'd', 'e'].map((id, at) =>
        ofToken(id, { revokedAt: NOW + at }),
      );
      assert.ok(first);
      await store.save([first, ...others]);
      const until = { revokedAt: NOW + 3, id: 'd' };
      const page = async () => store.findPage?.(10, first, until);
      const read = await page();
      assert.deepEqual(known(read?.revocations() ?? []), known(others.slice(0, 3)));
      assert.deepEqual(
        known((await store.findPage(2, first, until)).revocations()),
        known(others.slice(0, 2)),
      );
      const digests = [read?.digest, (await page())?.digest];
      // Before it, and behind it.
      await store.save([ofToken('0', { revokedAt: NOW - 1 }), ofToken('f', { revokedAt: NOW + 3 })]);
      digests.push((await page())?.digest);
      assert.equal(new Set(digests).size, 1);
      const saved = [
        ofToken('c', { revokedAt: NOW + 2, expiresAt: NOW + 1 }),
        ofToken('b1', { revokedAt: NOW + 1 }),
      ];
      for (const one of saved) {
        await store.save([one]);
        digests.push((await page())?.digest);
      }
      await store.forgetExpiredBefore(NOW + 1);
      digests.push((await page())?.digest);
      assert.equal(new Set(digests).size, 4);
      const there = await page();
      for (const before of digests) {
        const { digest, revocations } = await store.findPage(10, first, until, before);
        assert.equal(digest, there?.digest);
        // Of what is known already they may be left out.
        if (digest !== before) assert.deepEqual(known(revocations()), known(there?.revocations() ?? []));
      }
    },
  },
  {
    name: 'keeps several at once, and none where there are none',
    async verify(store) {
      await store.save([]);
      await store.save([ofToken('r1'), ofUser('r2'), ofSession('r3')]);
      assert.deepEqual(idsOf(await kept(store)), ['r1', 'r2', 'r3']);
    },
  },
  {
    name: 'forgets revocations that expired at or before the given time, and no other',
    async verify(store) {
      await store.save([ofToken('r1', { expiresAt: NOW - 1 })]);
      await store.save([ofUser('r2', { expiresAt: NOW })]);
      await store.save([ofUser('r3', { expiresAt: NOW + 1 })]);
      await store.save([ofToken('r4', { expiresAt: NOW + 1 })]);
      await store.forgetExpiredBefore(NOW);
      await store.forgetExpiredBefore(NOW);
      assert.deepEqual(idsOf(await kept(store)), ['r3', 'r4']);
    },
  },
  {
    name: 'keeps an expired revocation until it is told to forget it',
    async verify(store) {
      await store.save([ofToken('r1', { expiresAt: NOW })]);
      await store.forgetExpiredBefore(NOW - 1);
      await kept(store);
      assert.deepEqual(idsOf(await kept(store)), ['r1']);
    },
  },
  {
    name: 'keeps every one of concurrent savings',
    async verify(store) {
      await atOnce(20, (index) => store.save([index % 2 === 0 ? ofToken(`r${index}`) : ofUser(`r${index}`)]));
      assert.equal(new Set(idsOf(await kept(store))).size, 20);
    },
  },
  {
    name: 'takes ids and texts to the letter, however odd',
    async verify(store) {
      const saved = ODD_TEXTS.flatMap((text) => [
        ofToken(`token ${text}`, { issuer: text, tokenId: text, reason: text }),
        ofUser(`user ${text}`, { issuer: text, subject: text, reason: text }),
        ofSession(`session ${text}`, { issuer: text, sessionId: text, reason: text }),
        ofClient(`client ${text}`, { issuer: text, clientId: text, reason: text }),
        ofIssuer(`issuer ${text}`, { issuer: text, reason: text }),
      ]);
      await store.save(saved);
      assert.deepEqual(known(await kept(store)), known(saved));
    },
  },
  {
    name: 'gives and takes copies: what callers do to their objects does not reach it',
    async verify(store) {
      const given = [ofToken('r1'), ofUser('r2'), ofSession('r3'), ofClient('r4'), ofIssuer('r5')];
      await store.save(given);
      vandalise(given);
      vandalise(await kept(store));
      assert.deepEqual(
        known(await kept(store)),
        known([ofToken('r1'), ofUser('r2'), ofSession('r3'), ofClient('r4'), ofIssuer('r5')]),
      );
    },
  },
];
