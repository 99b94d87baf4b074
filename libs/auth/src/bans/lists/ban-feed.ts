import { runYielding } from '../../async/run-yielding.js';
import type { IpAddress } from '../../net/ip-address.js';
import { type BannedNetwork, BanSet } from '../ban-set.js';
import type { BanFeedOptions } from './ban-feed.options.js';
import type { BanList, BanListProblem, ListedNetwork } from './ban-list.js';
import {
  type FeedContent,
  type FeedSource,
  type FeedVersion,
  feedSourceOf,
  readFeed,
  shownSource,
} from './feed-source.js';
import { parseLongBanList } from './parse-ban-list.js';

/** How a feed is doing, for operators. */
export interface BanFeedStatus {
  readonly name: string;
  /** Without credentials and query. */
  readonly source: string;
  readonly shadow: boolean;
  /** How many networks it bans. */
  readonly networks: number;
  /** When its source was last found to give what is in force, in milliseconds since the epoch. */
  readonly loadedAt?: number;
  /** What is wrong with the list in force; the first 100. */
  readonly problems: readonly BanListProblem[];
  readonly furtherProblems: number;
  /** Why the last load failed, if it did. */
  readonly lastError?: string;
}

const TIMEOUT_MS = 30_000;
/** Networks put in force before requests get their turn. */
const NETWORKS_PER_STEP = 2_000;
const NOTHING: BanList = { networks: [], problems: [], furtherProblems: 0 };

/** One list that others keep, and what it gave last. */
export class BanFeed {
  readonly #source: FeedSource;
  #set = new BanSet();
  #status: Pick<BanFeedStatus, 'networks' | 'problems' | 'furtherProblems'> = { ...NOTHING, networks: 0 };
  #version: FeedVersion | undefined;
  #loadedAt: number | undefined;
  #lastError: string | undefined;
  /** When the last of its entries is over, in milliseconds since the epoch. */
  #endsAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds since the epoch */
  constructor(
    readonly options: BanFeedOptions,
    private readonly now: () => number,
  ) {
    this.#source = feedSourceOf(options.source) as FeedSource;
  }

  /** What of the list covers the address at the given time (milliseconds since the epoch). */
  find(address: IpAddress, now: number): BannedNetwork | undefined {
    return this.#set.find(address, now);
  }

  status(): BanFeedStatus {
    const { name, shadow } = this.options;
    return {
      name,
      source: shownSource(this.#source),
      shadow,
      ...this.#status,
      ...(this.#loadedAt !== undefined && { loadedAt: this.#loadedAt }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    };
  }

  /**
   * Reads the list and puts it in force in place of the one before.
   *
   * @param closing ends it
   * @returns what was read; undefined when the source has nothing new
   * @throws Error that shows no secret of the source; what was in force then stays so
   */
  async load(
    closing: AbortSignal,
  ): Promise<{ readonly networks: number; readonly problems: number } | undefined> {
    try {
      const content = await this.#read(closing);
      const loaded = content && (await this.#replace(content, closing));
      this.#loadedAt = this.now();
      this.#lastError = undefined;
      return loaded;
    } catch (error) {
      this.#lastError = reasonOf(error);
      throw new Error(this.#lastError);
    }
  }

  #read(closing: AbortSignal): Promise<FeedContent | undefined> {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]);
    return readFeed(this.#source, this.#version, { maxBytes: this.options.maxBytes, signal });
  }

  async #replace({ text, version, writtenAt }: FeedContent, closing: AbortSignal) {
    // What a file says of times to come it says from when it was written: a restart must not prolong it.
    const from = Math.min(writtenAt ?? Number.POSITIVE_INFINITY, this.now());
    const list = await parseLongBanList(text, this.options.format, from, closing);
    const { networks, problems, furtherProblems } = list;
    if (networks.length === 0) this.#refuseEmpty(problems);
    const { set, endsAt } = await runYielding(fill(networks), closing);
    this.#set = set;
    this.#endsAt = endsAt;
    this.#version = version;
    this.#status = { networks: networks.length, problems, furtherProblems };
    return { networks: networks.length, problems: problems.length + furtherProblems };
  }

  /** A list that was cut off or is no list at all must not let everybody in again. */
  #refuseEmpty([problem]: readonly BanListProblem[]): void {
    if (problem !== undefined)
      throw new Error(`nothing of it could be read; line ${problem.line}: ${problem.problem}`);
    if (this.#endsAt > this.now()) throw new Error('it is empty, and was not before');
  }
}

function* fill(networks: readonly ListedNetwork[]): Generator<void, { set: BanSet; endsAt: number }, void> {
  const set = new BanSet();
  let endsAt = Number.NEGATIVE_INFINITY;
  for (const [index, { network, expiresAt = Number.MAX_SAFE_INTEGER }] of networks.entries()) {
    set.add({ network, expiresAt });
    endsAt = Math.max(endsAt, expiresAt);
    if (index % NETWORKS_PER_STEP === 0) yield;
  }
  return { set, endsAt };
}

/** fetch() hides why it failed in the cause. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Partial<Error>;
  const { name: causeName, code } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  if ([name, causeName].includes('TimeoutError')) return `it took more than ${TIMEOUT_MS / 1000} s`;
  // The code alone, because some messages quote what was asked for.
  return code === undefined ? `${message}` : `${message} (${code})`;
}
