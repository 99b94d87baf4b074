import assert from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import type { Change, ChangeFeed, ChangeFollower, StopFollowing } from '@portcullis/auth';

/** How long anything may take to arrive, in milliseconds. */
const PATIENCE = 5_000;

/** A follower that writes down what it is told. */
export class ChangeNotes implements ChangeFollower {
  readonly changes: Change[] = [];
  /** How often something may have been missed. */
  misses = 0;
  /** When nothing was missing, in milliseconds of a clock that only goes forward. */
  readonly beats: number[] = [];
  /** How much it was told of whatever kind. */
  told = 0;
  #stop: StopFollowing = async () => {};

  /** Follows a feed, and has begun when the promise resolves. */
  static async of(feed: ChangeFeed): Promise<ChangeNotes> {
    const notes = new ChangeNotes();
    notes.#stop = await feed.follow(notes);
    return notes;
  }

  changed(change: Change): void {
    this.told++;
    this.changes.push(change);
  }

  missed(): void {
    this.told++;
    this.misses++;
  }

  upToDate(): void {
    this.told++;
    this.beats.push(performance.now());
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** Waits until it has this change. */
  async has(change: Change): Promise<void> {
    const text = JSON.stringify(change);
    await this.until(() => this.changes.some((found) => JSON.stringify(found) === text), `of ${text}`);
  }

  /** Waits until something is so that depends on what it is told. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!isSo()) {
      assert(performance.now() < deadline, `The follower was not told ${what}`);
      await pause(2);
    }
  }
}
