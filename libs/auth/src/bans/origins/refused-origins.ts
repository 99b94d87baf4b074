import { Inject, Injectable } from '@nestjs/common';
import { atOnce } from '../../async/maybe-promise.js';
import { Log } from '../../log.js';
import { type IpAddress, subscriberNetworkOf } from '../../net/ip-address.js';
import { RecentlyUsed } from '../../recently-used.js';
import { BAN_SETTINGS, type BanSettings } from '../ban-settings.js';
import { meets, type OriginCondition } from './origin-conditions.js';
import { originIn } from './origin-reader.js';

const REMEMBERED = 20_000;
/** Readers may be given a newer file. */
const REMEMBERED_FOR_MS = 600_000;

/** When to come again: a condition has no end. */
const RETRY_AFTER_MS = 86_400_000;

const NOTED_EVERY_MS = 60_000;

/** An address that a condition refuses. */
export interface RefusedOrigin {
  readonly network: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly shadow: boolean;
  /** The condition's id. */
  readonly condition: string;
}

/** Whom `bans.origins` refuses, by the country or the operator of their address. */
@Injectable()
export class RefusedOrigins {
  readonly #logger = new Log();
  /** By address; null where no condition is met. */
  readonly #known = new RecentlyUsed<{ readonly met: OriginCondition | undefined }>(
    REMEMBERED,
    REMEMBERED_FOR_MS,
  );
  #notedAt = Number.NEGATIVE_INFINITY;

  constructor(@Inject(BAN_SETTINGS) private readonly settings: BanSettings) {}

  /** @param now milliseconds since the epoch */
  find(address: IpAddress, now: number): RefusedOrigin | undefined {
    const { origins } = this.settings.bans;
    if (origins === undefined || origins.refuse.length === 0 || address.version === 0) return undefined;
    const met = this.#metBy(address);
    if (met === undefined) return undefined;
    return {
      network: subscriberNetworkOf(address).text,
      expiresAt: now + RETRY_AFTER_MS,
      shadow: met.shadow === true,
      condition: met.id,
    };
  }

  #metBy(address: IpAddress): OriginCondition | undefined {
    const known = this.#known.get(address.text);
    if (known !== undefined) return known.met;
    const met = this.#look(address);
    if (met !== 'unreadable') this.#known.set(address.text, { met });
    return met === 'unreadable' ? undefined : met;
  }

  /** What refuses comes before what is only tried out. A file that can't be read says nothing of anybody. */
  #look({ text }: IpAddress): OriginCondition | undefined | 'unreadable' {
    const { readers = [], refuse = [] } = this.settings.bans.origins ?? {};
    try {
      const origin = originIn(readers.map((reader) => atOnce(reader.get(text), 'the record of an address')));
      const met = refuse.filter((condition) => meets(condition, origin));
      return met.find(({ shadow }) => shadow !== true) ?? met[0];
    } catch (error) {
      this.#note(error);
      return 'unreadable';
    }
  }

  #note(error: unknown): void {
    const now = performance.now();
    if (now - this.#notedAt < NOTED_EVERY_MS) return;
    this.#notedAt = now;
    this.#logger.error('Where an address is from could not be read, so bans.origins refuses nobody', error);
  }
}
