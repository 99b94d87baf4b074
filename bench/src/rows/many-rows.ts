import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import {
  ApiKeyService,
  AuditTrail,
  BAN_EXPORT_FORMATS,
  BanExport,
  BanService,
  memory,
  PortcullisModule,
  type Storage,
} from '@portcullis/auth';
import type { MicroRow } from '../results.js';
import { rootModule } from '../subjects/routes.js';
import { peakOf, stall } from './watching.js';

/** How often each list is asked for. */
const CALLS = 40;

interface Services {
  readonly bans: BanService;
  readonly keys: ApiKeyService;
  readonly audit: AuditTrail;
  readonly lists: BanExport;
}

const LISTS: Readonly<Record<string, (services: Services) => Promise<unknown>>> = {
  'bans in force': ({ bans }) => bans.list(),
  'bans of a rule': ({ bans }) => bans.list({ rule: 'probing' }),
  'bans of a rare rule': ({ bans }) => bans.list({ rule: 'rare' }),
  'bans that are shadows': ({ bans }) => bans.list({ shadow: true, state: 'any' }),
  'bans of a rare rule that are no shadows': ({ bans }) => bans.list({ rule: 'rare', shadow: false }),
  'bans of an address': ({ bans }) => bans.list({ target: '2.0.7.7', state: 'any' }),
  'bans of an IPv6 address': ({ bans }) => bans.list({ target: '2001:db8::7' }),
  'bans of an address by a rare rule': ({ bans }) => bans.list({ target: '2.0.7.7', rule: 'rare' }),
  'why an address is banned': ({ bans }) => bans.why('2.0.7.7'),
  'a full page of bans': ({ bans }) => bans.list({ limit: 1_000 }),
  'keys of an app': ({ keys }) => keys.list({ appId: 'app' }),
  'keys of an owner': ({ keys }) => keys.list({ owner: 'rare' }),
  'keys of a tenant': ({ keys }) => keys.list({ tenant: 'rare' }),
  'keys of a user': ({ keys }) => keys.list({ subject: 'nobody' }),
  'keys of an app and a rare owner': ({ keys }) => keys.list({ appId: 'app', owner: 'rare' }),
  ...Object.fromEntries(
    (['revoked', 'expired', 'disabled', 'pending', 'active'] as const).map((state) => [
      `keys that are ${state}`,
      ({ keys }: Services) => keys.list({ state }),
    ]),
  ),
  'entries of a rare type': ({ audit }) => audit.list({ types: ['bans.cleared'] }),
  'entries of all types': ({ audit }) =>
    audit.list({ types: ['bans.cleared', 'request.refused', 'api-key.created'] }),
  'entries of a rare actor': ({ audit }) => audit.list({ actor: 'rare' }),
  'entries of a rare type by an actor': ({ audit }) => audit.list({ actor: 'ops', types: ['bans.cleared'] }),
  'entries of a user and a rare actor': ({ audit }) => audit.list({ subject: 'ann', actor: 'rare' }),
  'entries of a time': ({ audit }) => audit.list({ since: 0, until: Date.now() - 3_900_000 }),
};

/** What an app over tables with very many rows costs: its boot, each list, each export. The 95th percentile, and how long it held up all else. */
export async function manyRows(name: string, storage: Storage): Promise<MicroRow[]> {
  const rows: MicroRow[] = [];
  const note = (what: string, milliseconds: number) =>
    rows.push({ name: what, subject: name, nanoseconds: milliseconds * 1e6 });
  const boot = async (what: string, of: Storage) => {
    const [booting, began] = [stall(), performance.now()];
    const options = { storage: of, events: { log: false }, bans: { maxBansByRules: 10_000_000 } } as const;
    const module = rootModule({ imports: [PortcullisModule.forRoot(options)] });
    const booted = await NestFactory.createApplicationContext(module, { logger: false });
    note(what, performance.now() - began);
    note(`${what}, longest stall`, booting());
    return booted;
  };
  // Nest constructs everything in one go: what is longer than that is of the rows.
  await (await boot('boot without rows', memory())).close();
  const app = await boot('boot', storage);
  const services: Services = {
    bans: app.get(BanService),
    keys: app.get(ApiKeyService),
    audit: app.get(AuditTrail),
    lists: app.get(BanExport),
  };
  for (const [what, list] of Object.entries(LISTS)) {
    const listing = stall();
    const times: number[] = [];
    for (let call = 0; call < CALLS; call++) {
      const begin = performance.now();
      JSON.stringify(await list(services));
      times.push(performance.now() - begin);
      await setTimeout(1);
    }
    times.sort((one, other) => one - other);
    note(`${what}, p95`, times[Math.floor(CALLS * 0.95)] as number);
    note(`${what}, longest stall`, listing());
  }
  for (const format of BAN_EXPORT_FORMATS) rows.push(...(await exporting(services, name, format)));
  await app.close();
  return rows;
}

async function exporting(
  { lists }: Services,
  name: string,
  format: (typeof BAN_EXPORT_FORMATS)[number],
): Promise<MicroRow[]> {
  const peak = peakOf();
  const waiting = stall();
  const began = performance.now();
  let lines = 0;
  const reader = new Writable({
    decodeStrings: false,
    write: (block: string, _, done) => {
      lines += block.split('\n').length - 1;
      setImmediate(done);
    },
  });
  await pipeline(Readable.from(await lists.write(format)), reader);
  const took = performance.now() - began;
  const longest = waiting();
  const what = `export as ${format}, ${lines.toLocaleString('en')} lines`;
  return [
    { name: what, subject: name, nanoseconds: took * 1e6 },
    { name: `${what}, longest stall`, subject: name, nanoseconds: longest * 1e6 },
    { name: `${what}, memory`, subject: name, bytesPerEntry: peak() },
  ];
}
