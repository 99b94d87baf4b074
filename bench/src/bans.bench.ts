import { BlockList } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
// biome-ignore lint/style/noRestrictedImports: what is measured here is no part of the public surface
import { BanSet } from '../../libs/auth/dist/bans/ban-set.js';
// biome-ignore lint/style/noRestrictedImports: as above
import { type IpAddress, parseIpAddress } from '../../libs/auth/dist/bans/ip-address.js';
import { MadeAddresses, type MadeBan, madeBans } from './support/made-bans.js';
import { measure } from './support/measure.js';
import { printHead, report } from './support/report.js';

const MILLION = 1_000_000;
/** How many addresses the lookups go through. */
const ASKED = 10_000;
const NOW = 1;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const addressOf = (text: string) => parseIpAddress(text) as IpAddress;
const baseOf = ({ network }: MadeBan) => network.split('/')[0] as string;

function setOf(bans: Iterable<MadeBan>): BanSet {
  const set = new BanSet();
  for (const ban of bans) set.add(ban);
  return set;
}

/** What a million bans take, once nothing else is left. */
async function memory(): Promise<void> {
  const held = async () => {
    // Buffers that tables have outgrown are given back by another thread, some time after the collection.
    for (let turn = 0; turn < 5; turn++) {
      collectGarbage();
      await setTimeout(50);
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    return { counted: heapUsed + external, rss };
  };
  const before = await held();
  const set = setOf(madeBans(MILLION));
  const after = await held();
  report(
    'memory of 1,000,000 bans, heap and buffers',
    'MB',
    [(after.counted - before.counted) / 1e6],
    '≤ 40',
  );
  report('the same as the growth of the process (rss)', 'MB', [(after.rss - before.rss) / 1e6], '≤ 40');
  report('bytes per ban', '', [(after.counted - before.counted) / set.size], '');
}

/** Lookups of addresses that were parsed before, against a `Map` from the text of each address. */
async function lookups(count: number): Promise<void> {
  const bans = [...madeBans(count)];
  const set = setOf(bans);
  const map = new Map(bans.map((ban) => [baseOf(ban), ban.expiresAt]));
  const made = new MadeAddresses(7);
  const banned = Array.from({ length: ASKED }, (_, index) =>
    addressOf(baseOf(bans[(index * 7919) % count] as MadeBan)),
  );
  const others = Array.from({ length: 2 * ASKED }, (_, index) =>
    addressOf(index % 2 ? made.ipv4() : made.ipv6(7)),
  )
    .filter((address) => set.find(address, NOW) === undefined)
    .slice(0, ASKED);
  if (banned.some((address) => set.find(address, NOW) === undefined)) throw new Error('A ban was not found');
  if (others.length < ASKED) throw new Error('An address was found that is not banned');
  const at = (list: IpAddress[], index: number) => list[index % ASKED] as IpAddress;
  const results = await measure(
    {
      hit: (index) => set.find(at(banned, index), NOW),
      mapHit: (index) => map.get(at(banned, index).text),
      miss: (index) => set.find(at(others, index), NOW),
      mapMiss: (index) => map.get(at(others, index).text),
    },
    { rounds: 9, calls: 500_000 },
  );
  const ratio = (ours: string, theirs: string) =>
    (results[ours] as number[]).map((value, round) => value / (results[theirs]?.[round] as number));
  const size = count.toLocaleString('en');
  report(`lookup that hits, ${size} bans / Map.get`, '×', ratio('hit', 'mapHit'), '≤ 3');
  report(`lookup that misses, ${size} bans / Map.get`, '×', ratio('miss', 'mapMiss'), '≤ 3');
  const nanoseconds = (name: string) => (results[name] as number[]).map((value) => value * 1_000);
  report('the same by itself: hit', 'ns', nanoseconds('hit'), '');
  report('the same by itself: miss', 'ns', nanoseconds('miss'), '');
}

/** Node's own list of networks, which goes through all of them. */
async function blockList(count: number): Promise<void> {
  const bans = [...madeBans(count)];
  const set = setOf(bans);
  const list = new BlockList();
  for (const { network } of bans) {
    const [base, length] = network.split('/') as [string, string];
    list.addSubnet(base, Number(length), base.includes(':') ? 'ipv6' : 'ipv4');
  }
  const made = new MadeAddresses(7);
  const others = Array.from({ length: 1_000 }, () => addressOf(made.ipv4()));
  const results = await measure(
    {
      ours: (index) => set.find(others[index % 1_000] as IpAddress, NOW),
      theirs: (index) => list.check((others[index % 1_000] as IpAddress).text),
    },
    { rounds: 5, calls: 2_000 },
  );
  const ratios = (results.theirs as number[]).map(
    (theirs, round) => theirs / (results.ours?.[round] as number),
  );
  report(
    `net.BlockList / lookup that misses, ${count.toLocaleString('en')} IPv4 and IPv6 bans`,
    '×',
    ratios,
    '',
  );
}

/** What it takes to read a million bans at boot, and to change some among a million. */
async function changes(): Promise<void> {
  const bans = [...madeBans(MILLION)];
  const [seconds, cpuSeconds]: [number[], number[]] = [[], []];
  for (let round = 0; round < 7; round++) {
    collectGarbage();
    const [begin, cpu] = [performance.now(), process.cpuUsage()];
    setOf(bans);
    seconds.push((performance.now() - begin) / 1_000);
    const { user, system } = process.cpuUsage(cpu);
    cpuSeconds.push((user + system) / 1_000_000);
  }
  report('bulk load of 1,000,000 networks as texts, by the clock', 's', seconds, '≤ 1');
  report('the same, CPU of all threads', 's', cpuSeconds, '');

  const set = setOf(bans);
  const fresh = [...madeBans(100_000, 99)];
  const results = await measure(
    {
      add: (index) => set.add(fresh[index] as MadeBan),
      remove: (index) => set.remove((fresh[index] as MadeBan).network),
    },
    { rounds: 5, calls: fresh.length },
  );
  report('insertion among 1,000,000', 'µs', results.add as number[], '≤ 50');
  report('removal among 1,000,000', 'µs', results.remove as number[], '≤ 50');
}

/** What holds up the requests of the moment. The list of bans is not kept: to collect garbage around it takes longer still. */
function pauses(): void {
  let longest = 0;
  const filled = new BanSet();
  for (const ban of madeBans(MILLION)) {
    const begin = performance.now();
    filled.add(ban);
    longest = Math.max(longest, performance.now() - begin);
  }
  report('the longest single insertion on the way to 1,000,000, when a table grows', 'ms', [longest], '');
  const sweeping = performance.now();
  filled.sweep(NOW);
  report('a sweep of 1,000,000 that drops none', 'ms', [performance.now() - sweeping], '');
  const evicting = performance.now();
  if (filled.evictSoonest(10_000).length !== 10_000)
    throw new Error('Not as many were dropped as there should be');
  report('evicting the 10,000 of 1,000,000 that end soonest', 'ms', [performance.now() - evicting], '');
}

printHead();
await memory();
for (const count of [1_000, 100_000, MILLION]) await lookups(count);
await blockList(1_000);
await blockList(10_000);
await changes();
pauses();
