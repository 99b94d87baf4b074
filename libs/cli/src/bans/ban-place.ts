import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { NestFactory } from '@nestjs/core';
import { BanExport, BanService, PortcullisModule } from '@portcullis/auth';
import { UsageError } from '../verb.js';

/** The bans of a store, and who does something with them. */
export interface BanPlace {
  readonly bans: BanService;
  readonly lists: BanExport;
  readonly who: { readonly actor: string };
}

export const STORE = { store: { type: 'string' } } as const;

/**
 * Opens a store for one command.
 *
 * @param store the file that the command line names
 * @param allowed addresses and networks that no ban holds for
 * @throws {UsageError} when no store is named
 * @throws Error when there is no such file: a typing error must not make an empty database
 */
export async function withBans<T>(
  {
    store = process.env.PORTCULLIS_STORE,
    allowed = [],
  }: { store?: string | undefined; allowed?: string[] | undefined },
  work: (place: BanPlace) => Promise<T>,
): Promise<T> {
  if (!store) throw new UsageError('Name the store: --store <file>, or PORTCULLIS_STORE.');
  await refuseMissing(store);
  // Only here, so that a scan needs no database driver.
  const { sqlite } = await import('@portcullis/sql');
  const stores = sqlite({ file: store });
  try {
    const app = await NestFactory.createApplicationContext(
      PortcullisModule.forRoot({
        stores: { bans: stores.bans, audit: stores.audit },
        // So that apps that follow it learn of what is done here.
        replication: { feed: stores.feed },
        bans: { ...KEEP_EVERYTHING, allowed },
        audit: KEEP_ENTRIES,
        events: { log: false },
      }),
      { logger: false, abortOnError: false },
    );
    try {
      const who = { actor: `cli:${userName()}` };
      return await work({ bans: app.get(BanService), lists: app.get(BanExport), who });
    } finally {
      await app.close();
    }
  } finally {
    await stores.close();
  }
}

/** What is forgotten, the app decides, by options that are not known here. */
const KEEP_EVERYTHING = { forgetAfterSeconds: 31_536_000, maxBansByRules: Number.MAX_SAFE_INTEGER };
const KEEP_ENTRIES = { retentionDays: 3_650 };

async function refuseMissing(store: string): Promise<void> {
  const found = await stat(store).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `There is no store ${store}` : error.message);
  });
  if (!found.isFile()) throw new Error(`${store} is not a file`);
}

/** In a container a user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
