import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { SecurityEvents } from '../../events/security-events.js';
import type { IpAddress } from '../../net/ip-address.js';
import { BAN_FEED_FAILED, BAN_FEED_LOADED } from '../ban-events.js';
import { lastOf } from '../ban-set.js';
import { BAN_SETTINGS, type BanSettings } from '../ban-settings.js';
import { BanFeed, type BanFeedStatus } from './ban-feed.js';

/** An address that a feed bans. */
export interface FeedMatch {
  /** The feed's name. */
  readonly feed: string;
  /** CIDR notation in canonical form. */
  readonly network: string;
  /** When it is over, or the list is read again, in milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Whether the feed is only tried out. */
  readonly shadow: boolean;
}

/** Keeps the lists of others loaded. What a list gave last stays in force while it can't be had. */
@Injectable()
export class BanFeeds implements OnModuleInit, OnModuleDestroy {
  readonly #feeds: readonly BanFeed[];
  readonly #closing = new AbortController();
  readonly #timers = new Map<BanFeed, NodeJS.Timeout>();
  /** The last load of each feed, under way or done: one follows the other, and a shutdown waits for it. */
  readonly #loading = new Map<BanFeed, Promise<void>>();

  constructor(
    @Inject(BAN_SETTINGS) { bans, now }: BanSettings,
    private readonly events: SecurityEvents,
  ) {
    this.#feeds = bans.feeds.map((options) => new BanFeed(options, now));
  }

  /** The app starts when each feed was tried once, so that the first request is met by them. */
  async onModuleInit(): Promise<void> {
    await this.reload();
    for (const feed of this.#feeds) this.#schedule(feed);
  }

  async onModuleDestroy(): Promise<void> {
    this.#closing.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#loading.values());
  }

  /**
   * The list that bans an address, of several the one that does so longest. Answered from memory; one that is only tried out is named when
   * no other bans it.
   *
   * @param now milliseconds since the epoch
   */
  find(address: IpAddress, now: number): FeedMatch | undefined {
    let refusing: FeedMatch | undefined;
    let shadowed: FeedMatch | undefined;
    for (const feed of this.#feeds) {
      const { name, shadow, reloadSeconds } = feed.options;
      const found = feed.find(address, now);
      if (found === undefined) continue;
      const expiresAt = Math.min(found.expiresAt, now + reloadSeconds * 1000);
      const match = { feed: name, network: found.network, expiresAt, shadow };
      if (shadow) shadowed = lastOf(shadowed, match);
      else refusing = lastOf(refusing, match);
    }
    return refusing ?? shadowed;
  }

  /** How each feed is doing. */
  status(): readonly BanFeedStatus[] {
    return this.#feeds.map((feed) => feed.status());
  }

  /**
   * Loads a feed now, or all of them. A load that fails is reported by an event and in the status.
   *
   * @throws TypeError when there is no feed of this name
   */
  async reload(name?: string): Promise<void> {
    const feeds = this.#feeds.filter(({ options }) => name === undefined || options.name === name);
    if (name !== undefined && feeds.length === 0) throw new TypeError('There is no ban feed of this name');
    await Promise.all(feeds.map((feed) => this.#load(feed)));
  }

  /** The time runs from the end of a load, so that slow ones don't pile up. */
  #schedule(feed: BanFeed): void {
    if (this.#closing.signal.aborted) return;
    const reload = () => void this.#load(feed).then(() => this.#schedule(feed));
    this.#timers.set(feed, setTimeout(reload, feed.options.reloadSeconds * 1000).unref());
  }

  #load(feed: BanFeed): Promise<void> {
    const before = this.#loading.get(feed) ?? Promise.resolve();
    const loading = before.then(() => this.#loadNow(feed));
    this.#loading.set(feed, loading);
    return loading;
  }

  async #loadNow(feed: BanFeed): Promise<void> {
    const { name } = feed.options;
    const { signal } = this.#closing;
    if (signal.aborted) return;
    try {
      const loaded = await feed.load(signal);
      if (loaded !== undefined) this.events.emit(BAN_FEED_LOADED, { feed: name, ...loaded });
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.events.emit(BAN_FEED_FAILED, { feed: name, reason });
    }
  }
}
