import { type IpWords, masked } from '../net/ip-address.js';
import { hashOf, NetworkShard } from './network-shard.js';

/** A power of two. */
const SHARDS = 64;
/** Until then one is enough, and divided in few milliseconds. */
const LARGEST_SHARD = 8_192;

/**
 * The networks of one prefix length, each with the time (milliseconds since the epoch) at which its ban ends. Very many are in shards: to
 * give one more room, or to look through it, takes a millisecond, and of a million networks together longer than requests may wait.
 */
export class NetworkTable {
  readonly #mask: IpWords;
  #shards: readonly NetworkShard[];

  constructor(readonly prefixLength: number) {
    this.#mask = masked([-1, -1, -1, -1], prefixLength);
    this.#shards = [new NetworkShard(prefixLength)];
  }

  get size(): number {
    let size = 0;
    for (const shard of this.#shards) size += shard.size;
    return size;
  }

  /** When the ban of the address's network ends; NaN when there is none. */
  endOf(address: IpWords): number {
    return this.#shardOf(address).endOf(address);
  }

  /** Of two ends for one network the later one stays. */
  add(address: IpWords, end: number): void {
    this.#shardOf(address).add(address, end);
    if (this.#shards.length === 1 && this.size > LARGEST_SHARD) this.#split();
  }

  /** @returns whether the network was there */
  remove(address: IpWords): boolean {
    return this.#shardOf(address).remove(address);
  }

  /**
   * Drops what ends at the given time or before, shard by shard.
   *
   * @returns how many were dropped
   */
  *sweeping(now: number): Generator<void, number, void> {
    let dropped = 0;
    for (const shard of this.#shards) {
      dropped += shard.sweep(now);
      yield;
    }
    return dropped;
  }

  /** Calls back for every end. */
  forEachEnd(callback: (end: number) => void): void {
    for (const shard of this.#shards) shard.forEachEnd(callback);
  }

  /** Calls back for every network whose ban ends at the given time or before. */
  forEach(callback: (words: IpWords, end: number) => void, latest?: number): void {
    for (const shard of this.#shards) shard.forEach(callback, latest);
  }

  #shardOf(address: IpWords): NetworkShard {
    const shards = this.#shards;
    if (shards.length === 1) return shards[0] as NetworkShard;
    const mask = this.#mask;
    const hash = hashOf(
      address[0] & mask[0],
      address[1] & mask[1],
      address[2] & mask[2],
      address[3] & mask[3],
    );
    // Other bits than those that find the place within the shard.
    return shards[(hash >>> 8) & (SHARDS - 1)] as NetworkShard;
  }

  #split(): void {
    const [whole] = this.#shards as [NetworkShard];
    this.#shards = Array.from({ length: SHARDS }, () => new NetworkShard(this.prefixLength, SHARDS));
    whole.forEach((words, end) => {
      this.#shardOf(words).add(words, end);
    });
  }
}
