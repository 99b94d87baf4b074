import assert from 'node:assert';
import type { Change, ChangeFeed } from '@portcullis/auth';
import { ChangeNotes } from './change-notes.js';
import { atOnce, ODD_TEXTS, type StoreContract, type StoreContractCase } from './store-contract.js';

/** The change feeds of two instances of one app: what is published through one is delivered by the other. */
export interface SharedFeeds {
  readonly feed: ChangeFeed;
  readonly another: ChangeFeed;
}

/** Texts that a change feed spoils on its way over a protocol, besides those that a store spoils. */
const ODD_ON_THE_WAY = [
  ...ODD_TEXTS,
  ...['', '\0', 'a\0b', '\ud800', 'a\udfffb', '\r\n', '*3\r\n$3\r\n', '\u2028', '\uffff', '+', '$', '0-0'],
];
const REVOKED = { id: 'r1', issuer: 'https://issuer.example', reason: 'stolen', revokedAt: 1, expiresAt: 9 };
/** A change feed does not know what a change carries, and so delivers it as it is. */
const textsIn = (fact: unknown) => (Array.isArray(fact) ? (fact as string[]) : []);
/** One change of each kind, also of one that only the app knows, and of each kind of revocation. */
const EVERY_KIND: readonly Change[] = [
  { kind: 'bans', networks: ['203.0.113.7/32', '2001:db8::/64'] },
  { kind: 'bans', networks: [] },
  { kind: 'bans', networks: 'all' },
  { kind: 'parcels', moved: { id: 7, to: ['Bern', null] } },
  { kind: 'revocation', revocation: { ...REVOKED, type: 'token', tokenId: 't' } },
  { kind: 'revocation', revocation: { ...REVOKED, type: 'session', sessionId: 's' } },
  { kind: 'revocation', revocation: { ...REVOKED, type: 'user', subject: 'u', issuedUntil: 1.5 } },
  { kind: 'revocation', revocation: { ...REVOKED, type: 'client', clientId: 'c', issuedUntil: 0 } },
  { kind: 'revocation', revocation: { ...REVOKED, type: 'issuer', issuedUntil: 0 } },
  { kind: 'api-keys', ids: ['k1', 'k2'] },
  { kind: 'signing-keys', gone: ['s1', 's2'] },
];

const numbered = (number: number): Change => ({ kind: 'api-keys', ids: [`${number}`] });
const LAST = numbered(-1);

type Followers = (feed: ChangeFeed) => Promise<ChangeNotes>;

/** A case whose followers are stopped in the end, however it ends. */
function promise(
  name: string,
  check: (feeds: SharedFeeds, follow: Followers) => Promise<void>,
): StoreContractCase<SharedFeeds> {
  return {
    name,
    async verify(feeds) {
      const all: ChangeNotes[] = [];
      try {
        await check(feeds, async (feed) => {
          const notes = await ChangeNotes.of(feed);
          all.push(notes);
          return notes;
        });
      } finally {
        await Promise.allSettled(all.map((notes) => notes.stop()));
      }
    },
  };
}

/** The notes without what was delivered again at once. */
function onceEach(changes: readonly Change[]): readonly Change[] {
  return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
}

/** What every {@link ChangeFeed} promises as long as its server is there. */
export const changeFeedContract: StoreContract<SharedFeeds> = [
  promise('delivers to another instance what is published', async ({ feed, another }, follow) => {
    const notes = await follow(another);
    await feed.publish(numbered(1));
    await notes.has(numbered(1));
  }),
  promise('delivers to an instance its own changes', async ({ feed }, follow) => {
    const notes = await follow(feed);
    await feed.publish(numbered(1));
    await notes.has(numbered(1));
  }),
  promise('delivers to every follower of one instance', async ({ feed, another }, follow) => {
    const all = await atOnce(3, () => follow(feed));
    await another.publish(numbered(1));
    for (const notes of all) await notes.has(numbered(1));
  }),
  promise('delivers changes of every kind as they were published', async ({ feed, another }, follow) => {
    const notes = await follow(another);
    for (const change of EVERY_KIND) await feed.publish(change);
    await feed.publish(LAST);
    await notes.has(LAST);
    assert.deepEqual(onceEach(notes.changes), [...EVERY_KIND, LAST]);
  }),
  promise('delivers texts to the letter, however odd', async ({ feed, another }, follow) => {
    const notes = await follow(another);
    for (const text of ODD_ON_THE_WAY) await feed.publish({ kind: 'bans', networks: [text, `${text} `] });
    await feed.publish(LAST);
    await notes.has(LAST);
    const delivered = onceEach(notes.changes).map((change) => textsIn(change.networks)[0] ?? '');
    assert.deepEqual(delivered.slice(0, -1), ODD_ON_THE_WAY);
  }),
  promise('delivers a change of thousands of networks', async ({ feed, another }, follow) => {
    const notes = await follow(another);
    const change: Change = {
      kind: 'bans',
      networks: Array.from({ length: 5_000 }, (_, i) => `2001:db8:${i}::/64`),
    };
    await feed.publish(change);
    await notes.has(change);
  }),
  promise('delivers in order', async ({ feed, another }, follow) => {
    const notes = await follow(another);
    for (let number = 0; number < 50; number++) await feed.publish(numbered(number));
    await notes.has(numbered(49));
    assert.deepEqual(
      onceEach(notes.changes),
      Array.from({ length: 50 }, (_, number) => numbered(number)),
    );
  }),
  promise('delivers everything from the moment that following began', async ({ feed, another }, follow) => {
    for (let number = 0; number < 20; number++) {
      const notes = await follow(another);
      await feed.publish(numbered(number));
      await notes.has(numbered(number));
      await notes.stop();
    }
  }),
  promise('delivers nothing of what was published before', async ({ feed, another }, follow) => {
    await feed.publish(numbered(1));
    const notes = await follow(another);
    await feed.publish(LAST);
    await notes.has(LAST);
    assert.deepEqual(onceEach(notes.changes), [LAST]);
  }),
  promise(
    'delivers each of a thousand changes that are published at once',
    async ({ feed, another }, follow) => {
      const all = [await follow(feed), await follow(another)];
      await atOnce(1_000, (index) => (index % 2 === 0 ? feed : another).publish(numbered(index)));
      for (const notes of all) {
        const delivered = () => new Set(notes.changes.flatMap((change) => textsIn(change.ids)));
        await notes.until(() => delivered().size === 1_000, 'each of a thousand changes');
      }
    },
  ),
  promise('gives copies: what a follower does to its change reaches no other', async ({ feed }, follow) => {
    const [vandal, notes] = [await follow(feed), await follow(feed)];
    vandal.changed = (change) => {
      if (Array.isArray(change.ids)) Reflect.set(change.ids, 0, 'vandalised');
    };
    await feed.publish(numbered(1));
    await notes.has(numbered(1));
    assert.deepEqual(onceEach(notes.changes), [numbered(1)]);
  }),
  promise('delivers nothing more once following has ended', async ({ feed, another }, follow) => {
    const [stopped, other] = [await follow(feed), await follow(feed)];
    await feed.publish(numbered(1));
    await stopped.has(numbered(1));
    await stopped.stop();
    const { delivered } = stopped;
    await another.publish(numbered(2));
    await other.has(numbered(2));
    const beats = other.beats.length + 2;
    await other.until(() => other.beats.length >= beats, 'word that nothing is missing');
    assert.equal(stopped.delivered, delivered);
  }),
  promise('ends following though it is asked to twice', async ({ feed }, follow) => {
    const notes = await follow(feed);
    await notes.stop();
    await assert.doesNotReject(notes.stop());
  }),
  promise('goes on delivering to others when one has ended', async ({ feed, another }, follow) => {
    const [stopped, ...others] = [await follow(feed), await follow(feed), await follow(another)];
    await stopped?.stop();
    await feed.publish(numbered(1));
    for (const notes of others) await notes.has(numbered(1));
  }),
  promise(
    'says again and again, at least about once a second, that nothing is missing',
    async ({ feed }, follow) => {
      const begin = performance.now();
      const notes = await follow(feed);
      await notes.until(() => notes.beats.length >= 3, 'word three times that nothing is missing');
      const gaps = notes.beats.map((beat, index) => beat - (notes.beats[index - 1] ?? begin));
      // Most of them, with half a second more than is promised, for a machine that has much to do.
      const [, usual = 0] = gaps.toSorted((one, other) => one - other);
      assert(usual < 1_500, `Most pauses were ${usual} ms and longer`);
    },
  ),
  promise('says that nothing is missing while much is published', async ({ feed, another }, follow) => {
    const notes = await follow(another);
    const beats = notes.beats.length + 2;
    let number = 0;
    await notes.until(() => {
      void feed.publish(numbered(number++));
      return notes.beats.length >= beats;
    }, 'word that nothing is missing');
    await feed.publish(LAST);
    await notes.has(LAST);
  }),
  promise(
    'does not say that anything was missed as long as nothing is',
    async ({ feed, another }, follow) => {
      const all = [await follow(feed), await follow(another)];
      await atOnce(100, (index) => feed.publish(numbered(index)));
      await feed.publish(LAST);
      for (const notes of all) {
        await notes.has(LAST);
        const beats = notes.beats.length + 1;
        await notes.until(() => notes.beats.length >= beats, 'word that nothing is missing');
        assert.equal(notes.misses, 0);
      }
    },
  ),
];
