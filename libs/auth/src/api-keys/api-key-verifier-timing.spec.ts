import { crc32 } from 'node:zlib';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import type { ApiKeyStore } from './api-key.store.js';
import { ApiKeyService } from './api-key-service.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { LegacyAdoption } from './legacy-adoption.js';

const START = Date.UTC(2030, 0, 1);
const CLASSES = ['unknown', 'revoked', 'expired', 'wrong secret'] as const;
type Class = (typeof CLASSES)[number];
const PAIRS = CLASSES.flatMap((one, at) => CLASSES.slice(at + 1).map((other) => [one, other] as const));

/** So few that all of them stay in the processor's own memory: whether a record was touched before is not what is asked here. */
const KEYS = 4;
const WARM_UP = 1_000;
const CHECKS = 2_000;
/** What tells classes apart does so every time; a machine that is busy with something else seldom does, and hardly twice alike. */
const MEASUREMENTS = 4;

/**
 * How far from 1/2 the rank statistic may be. Noise of the machine hits all classes alike; that a record is read and judged where there is
 * one gave up to 0.15, and 0.25 in a process that had compiled very much before. Leaving the comparison out for unknown keys gives 0.44 to 0.49.
 */
const BOUND = 0.35;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The id of one key with the secret of another, and the checksum that fits. */
function forged(key: string, secretOf: string): string {
  const body = `${key.slice(0, -49)}${secretOf.slice(-49, -6)}`;
  const digits = [5, 4, 3, 2, 1, 0].map((place) => ALPHABET[Math.floor(crc32(body) / 62 ** place) % 62]);
  return body + digits.join('');
}

/** In one piece of memory, as what comes from a socket is. */
const flat = (text: string) => Buffer.from(text).toString('latin1');

/** P(x < y) + P(x = y) / 2 for x from one sample and y from the other: 1/2 when they don't differ, whatever outliers they have. */
function auc(one: readonly number[], other: readonly number[]): number {
  const sorted = Float64Array.from(other).sort();
  const countBelow = (value: number, orEqual: boolean) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const isBelow = orEqual ? sorted[middle]! <= value : sorted[middle]! < value;
      if (isBelow) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  const greater = one.map((value) => other.length - (countBelow(value, false) + countBelow(value, true)) / 2);
  return greater.reduce((sum, count) => sum + count, 0) / (one.length * other.length);
}

function shuffled<T>(things: T[]): T[] {
  for (let at = things.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [things[at], things[other]] = [things[other]!, things[at]!];
  }
  return things;
}

/**
 * Has a store read a record that is there and one that is not, whichever it is asked for: what it takes itself shows what is stored, and
 * is not what is asked here.
 */
function lookUpBoth(store: ApiKeyStore, absent: string, present: string): void {
  const find = store.findById.bind(store);
  store.findById = async (id) => {
    const found = await find(id);
    await find(found === undefined ? present : absent);
    return found;
  };
}

it('the rank statistic is what it says', () => {
  expect(auc([1, 2, 3], [1, 2, 3])).toBe(0.5);
  expect(auc([1, 2], [3, 4])).toBe(1);
  expect(auc([3, 4], [1, 2])).toBe(0);
  expect(auc([1, 5], [2, 5])).toBe((1 + 1 + 0 + 0.5) / 4);
});

describe.each([
  ['by SHA-256', []],
  ['by HMAC-SHA-256', ['a pepper of at least thirty-two bytes']],
])('the time that a refusal takes, where keys are hashed %s', (_, peppers) => {
  it('does not tell unknown, revoked, expired and wrong keys apart', async () => {
    let now = START;
    const stores = memoryStores();
    const options = resolveOptions({ apiKeys: { peppers }, now: () => now }, stores);
    const events = new SecurityEvents();
    const verifier = new ApiKeyVerifier(
      options,
      new LegacyAdoption(options, events),
      new Replicator(options, events, CHANGES),
    );
    const service = new ApiKeyService(options, events, verifier, new Replicator(options, events, CHANGES));

    let keyId = '';
    const keys: { of: Class; key: string }[] = [];
    for (let count = 0; count < KEYS; count++) {
      const app = { appId: `app-${count}`, name: 'Depot Bern', scopes: ['scans:write'] };
      const [revoked, expired, good] = await Promise.all([
        service.create(app),
        service.create({ ...app, lifetimeSeconds: 1 }),
        service.create(app),
      ]);
      await service.revoke(revoked.id);
      keyId = good.id;
      const unknown = verifier.format.create().key;
      keys.push(
        { of: 'unknown', key: flat(unknown) },
        { of: 'revoked', key: flat(revoked.key) },
        { of: 'expired', key: flat(expired.key) },
        { of: 'wrong secret', key: flat(forged(good.key, unknown)) },
      );
    }
    now += 2_000;
    lookUpBoth(stores.apiKeys, 'unknown', keyId);

    async function toldApart(): Promise<string[]> {
      const times = new Map<Class, number[]>(CLASSES.map((of) => [of, []]));
      const rounds = Array.from({ length: (WARM_UP + CHECKS) / KEYS }, () => shuffled([...keys]));
      for (const { of, key } of rounds.flat()) {
        verifier.forgetAll();
        const begun = process.hrtime.bigint();
        const answer = await Promise.resolve(verifier.verify(key)).catch(({ code }) => code);
        times.get(of)!.push(Number(process.hrtime.bigint() - begun));
        if (answer !== 'invalid_api_key') throw new Error(`${of} was answered by ${answer}`);
      }
      const samples = new Map(CLASSES.map((of) => [of, times.get(of)!.slice(-CHECKS)]));
      return PAIRS.map(([one, other]) => ({
        one,
        other,
        by: auc(samples.get(one)!, samples.get(other)!) - 0.5,
      }))
        .filter(({ by }) => Math.abs(by) >= BOUND)
        .map(({ one, other, by }) => `${one} is ${by > 0 ? 'quicker' : 'slower'} than ${other}`);
    }

    let told = await toldApart();
    for (let measured = 1; measured < MEASUREMENTS && told.length > 0; measured++) {
      const again = await toldApart();
      told = told.filter((difference) => again.includes(difference));
    }
    expect(told).toEqual([]);
  }, 120_000);
});
