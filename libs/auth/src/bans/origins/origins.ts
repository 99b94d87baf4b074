import { Inject, Injectable } from '@nestjs/common';
import { allOf, type MaybePromise, settled } from '../../async/maybe-promise.js';
import { answerWithin } from '../../async/time-limit.js';
import { Log } from '../../log.js';
import type { IpAddress } from '../../net/ip-address.js';
import { RecentlyUsed } from '../../recently-used.js';
import { BAN_SETTINGS, type BanSettings } from '../ban-settings.js';
import { type Origin, type OriginReader, originIn } from './origin-reader.js';

const REMEMBERED = 20_000;
/** Readers may be given a newer file. */
const REMEMBERED_FOR_MS = 600_000;

/** How long a reader that is waited for may take, and how many of its answers are waited for at once. */
const PATIENCE_MS = 2_000;
const READ_AT_ONCE = 100;
/** After a failure an address is not read again for so long. */
const UNREAD_FOR_MS = 5_000;

const NOTED_EVERY_MS = 60_000;

/** Where addresses are from, by the readers of `bans.origins`. It never fails, and no request waits for it. */
@Injectable()
export class Origins {
  readonly #logger = new Log();
  readonly #known = new RecentlyUsed<Origin>(REMEMBERED, REMEMBERED_FOR_MS);
  readonly #unreadable = new RecentlyUsed<true>(REMEMBERED, UNREAD_FOR_MS);
  readonly #reading = new Set<string>();
  #notedAt = Number.NEGATIVE_INFINITY;

  constructor(@Inject(BAN_SETTINGS) private readonly settings: BanSettings) {}

  /** Undefined where that can't be said, or not yet: a reader failed, or its answer is still to come. */
  of({ text, version }: IpAddress): Origin | undefined {
    const { readers = [] } = this.settings.bans.origins ?? {};
    if (readers.length === 0 || version === 0) return undefined;
    const known = this.#known.get(text);
    if (known !== undefined || this.#reading.has(text) || this.#unreadable.has(text)) return known;
    return this.#reading.size < READ_AT_ONCE ? this.#read(text, readers) : undefined;
  }

  #read(address: string, readers: readonly OriginReader[]): Origin | undefined {
    try {
      const records = allOf(readers.map((reader) => recordOf(reader, address)));
      if (!(records instanceof Promise)) return this.#keep(address, records);
      void this.#wait(address, records);
    } catch (error) {
      this.#fail(address, error);
    }
    return undefined;
  }

  async #wait(address: string, records: Promise<readonly unknown[]>): Promise<void> {
    this.#reading.add(address);
    try {
      this.#keep(address, await answerWithin(PATIENCE_MS, 'a reader of bans.origins', records));
    } catch (error) {
      this.#fail(address, error);
    } finally {
      this.#reading.delete(address);
    }
  }

  #keep(address: string, records: readonly unknown[]): Origin {
    const origin = originIn(records);
    this.#known.set(address, origin);
    return origin;
  }

  #fail(address: string, error: unknown): void {
    this.#unreadable.set(address, true);
    const now = performance.now();
    if (now - this.#notedAt < NOTED_EVERY_MS) return;
    this.#notedAt = now;
    this.#logger.error(
      'Where an address is from could not be read, so bans.origins refuses nobody, and rules about it are not broken',
      error,
    );
  }
}

/** A promise may fail when nobody looks at it any more, since another reader has failed before. */
function recordOf(reader: OriginReader, address: string): MaybePromise<unknown> {
  const record = settled(reader.get(address));
  if (record instanceof Promise) record.catch(() => undefined);
  return record;
}
