import assert from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import type { Change, ChangeFeed, ChangeFollower, StopFollowing } from '@portcullis/auth';

/** How long anything may take to arrive, in milliseconds. */
const PATIENCE = 10_000;

/** A follower that writes down what is delivered to it. */
export class ChangeNotes implements ChangeFollower {
  readonly changes: Change[] = [];
  /** How often something may have been missed. */
  misses = 0;
  /** When nothing was missing, in milliseconds of a clock that only goes forward. */
  readonly beats: number[] = [];
  /** How much was delivered to it, of whatever kind. */
  delivered = 0;
  #stop: StopFollowing = async () => {};

  /** Follows a change feed, and has begun when the promise resolves. */
  static async of(feed: ChangeFeed): Promise<ChangeNotes> {
    const notes = new ChangeNotes();
    notes.#stop = await feed.follow(notes);
    return notes;
  }

  changed(change: Change): void {
    this.delivered++;
    this.changes.push(change);
  }

  missed(): void {
    this.delivered++;
    this.misses++;
  }

  upToDate(): void {
    this.delivered++;
    this.beats.push(performance.now());
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** Waits until it has this change. */
  async has(change: Change): Promise<void> {
    const text = JSON.stringify(change);
    await this.until(() => this.changes.some((found) => JSON.stringify(found) === text), text);
  }

  /** Waits until something is so that depends on what is delivered. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!isSo()) {
      assert(performance.now() < deadline, `The follower did not get ${what}`);
      await pause(2);
    }
  }
}
