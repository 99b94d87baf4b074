import { BlockList } from 'node:net';
import { BanSet } from '../../../libs/auth/dist/bans/ban-set.js';
import { type IpAddress, parseIpAddress } from '../../../libs/auth/dist/net/ip-address.js';
import { figureOf } from '../figures.js';
import type { MicroRow } from '../results.js';
import { MadeAddresses, type MadeBan, madeBans } from '../subjects/made-bans.js';
import { type Call, compare, measure } from './measure.js';
import { bytesPerEntry } from './memory.js';

const MILLION = 1_000_000;
/** How many addresses the lookups go through. */
const ASKED = 10_000;
const NOW = 1;

/** Lookups among bans, and what it takes to keep them. */
export async function measureBans(rounds: number): Promise<MicroRow[]> {
  const { bytes } = await bytesPerEntry(MILLION, () => setOf(madeBans(MILLION)));
  const rows: MicroRow[] = [{ name: 'bans, 1,000,000', subject: 'Portcullis', bytesPerEntry: bytes }];
  for (const size of [1_000, 100_000, MILLION]) {
    const { hits, misses } = banCalls(size);
    const [bans, effort] = [`${size.toLocaleString('en')} bans`, { rounds, calls: 500_000 }];
    rows.push(...(await compare(`ban lookup that hits, ${bans}`, hits, effort)));
    rows.push(...(await compare(`ban lookup that misses, ${bans}`, misses, effort)));
  }
  return [...rows, ...(await blockList(rounds)), ...(await changes(rounds)), ...pauses()];
}

/** Nanoseconds for one lookup of an address that is not banned, ours and that of a bare map. */
export async function banCost(size: number, rounds: number): Promise<{ ours: number[]; map: number[] }> {
  const { misses } = banCalls(size);
  const results = await measure(misses, { rounds, calls: 200_000 });
  return { ours: results.Portcullis, map: results['Map.get'] };
}

/** Lookups of addresses that were parsed before, against a `Map` from the text of each address. */
function banCalls(size: number) {
  const bans = [...madeBans(size)];
  const set = setOf(bans);
  const map = new Map(bans.map((ban) => [baseOf(ban), ban.expiresAt]));
  const made = new MadeAddresses(7);
  const banned = Array.from({ length: ASKED }, (_, index) =>
    addressOf(baseOf(bans[(index * 7919) % size] as MadeBan)),
  );
  const others = Array.from({ length: 2 * ASKED }, (_, index) =>
    addressOf(index % 2 ? made.ipv4() : made.ipv6(7)),
  )
    .filter((address) => set.find(address, NOW) === undefined)
    .slice(0, ASKED);
  if (banned.some((address) => set.find(address, NOW) === undefined)) throw new Error('A ban was not found');
  if (others.length < ASKED) throw new Error('An address was found that is not banned');
  const callsFor = (asked: readonly IpAddress[]) => ({
    Portcullis: (index: number) => set.find(asked[index % ASKED] as IpAddress, NOW),
    'Map.get': (index: number) => map.get((asked[index % ASKED] as IpAddress).text),
  });
  return { hits: callsFor(banned), misses: callsFor(others) };
}

/** Node's own list of networks, which goes through all of them. */
async function blockList(rounds: number): Promise<MicroRow[]> {
  const bans = [...madeBans(10_000)];
  const set = setOf(bans);
  const list = new BlockList();
  for (const { network } of bans) {
    const [base, length] = network.split('/') as [string, string];
    list.addSubnet(base, Number(length), base.includes(':') ? 'ipv6' : 'ipv4');
  }
  const made = new MadeAddresses(7);
  const others = Array.from({ length: 1_000 }, () => addressOf(made.ipv4()));
  const at = (index: number) => others[index % others.length] as IpAddress;
  const subjects: Record<string, Call> = {
    'net.BlockList': (index) => list.check(at(index).text),
    Portcullis: (index) => set.find(at(index), NOW),
  };
  return compare('ban lookup that misses, 10,000 bans', subjects, { rounds, calls: 1_000 });
}

/** What it takes to read a million bans at boot, and to change some among a million. */
async function changes(rounds: number): Promise<MicroRow[]> {
  const bans = [...madeBans(MILLION)];
  const load = await measure({ load: () => setOf(bans) }, { rounds: 3, calls: 1 });
  const set = setOf(bans);
  const fresh = [...madeBans(100_000, 99)];
  const { add, remove } = await measure(
    {
      add: (index) => set.add(fresh[index] as MadeBan),
      remove: (index) => set.remove((fresh[index] as MadeBan).network),
    },
    { rounds, calls: fresh.length },
  );
  const ours = { subject: 'Portcullis' };
  return [
    {
      ...ours,
      name: 'reading one of 1,000,000 networks at boot',
      nanoseconds: figureOf(load.load).median / MILLION,
    },
    { ...ours, name: 'ban added to 1,000,000', nanoseconds: figureOf(add).median },
    { ...ours, name: 'ban removed from 1,000,000', nanoseconds: figureOf(remove).median },
  ];
}

/** What holds up the requests of the moment. The list of bans is not kept: to collect garbage around it takes longer still. */
function pauses(): MicroRow[] {
  let longest = 0;
  const set = new BanSet();
  for (const ban of madeBans(MILLION))
    longest = Math.max(
      longest,
      nanosecondsOf(() => set.add(ban)),
    );
  const ours = { subject: 'Portcullis' };
  return [
    { ...ours, name: 'longest single addition on the way to 1,000,000 bans', nanoseconds: longest },
    {
      ...ours,
      name: 'sweep of 1,000,000 bans that drops none',
      nanoseconds: nanosecondsOf(() => set.sweep(NOW)),
    },
    {
      ...ours,
      name: 'eviction of the 10,000 of 1,000,000 bans that end soonest',
      nanoseconds: nanosecondsOf(() => set.evictSoonest(10_000)),
    },
  ];
}

/** By the clock. */
function nanosecondsOf(act: () => unknown): number {
  const begin = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - begin);
}

function setOf(bans: Iterable<MadeBan>): BanSet {
  const set = new BanSet();
  for (const ban of bans) set.add(ban);
  return set;
}

function addressOf(text: string): IpAddress {
  return parseIpAddress(text) as IpAddress;
}

function baseOf({ network }: MadeBan): string {
  return network.split('/')[0] as string;
}
