import type { Change, ChangeFeed, ChangeFollower, StopFollowing } from '@portcullis/auth';
import { eventually } from './eventually.js';

/** A follower that writes down what is delivered to it. */
export class ChangeNotes implements ChangeFollower {
  readonly ids: string[] = [];
  misses = 0;
  beats = 0;
  stop: StopFollowing = async () => {};

  static async of(feed: ChangeFeed): Promise<ChangeNotes> {
    const notes = new ChangeNotes();
    notes.stop = await feed.follow(notes);
    return notes;
  }

  changed(change: Change): void {
    this.ids.push(...(change.kind === 'api-keys' ? (change.ids as string[]) : [change.kind]));
  }

  missed(): void {
    this.misses++;
  }

  upToDate(): void {
    this.beats++;
  }

  has(id: string): Promise<void> {
    return eventually(() => this.ids.includes(id));
  }

  hasMissed(): Promise<void> {
    return eventually(() => this.misses > 0);
  }

  /** Waits until it is said anew that nothing is missing. */
  async beat(): Promise<void> {
    const { beats } = this;
    await eventually(() => this.beats > beats);
  }
}

/** The smallest change with a name. */
export const changeOf = (id: string): Change => ({ kind: 'api-keys', ids: [id] });
