import type { Ban, BanRecord } from './ban.store.js';

/** The last time that a `Date` can hold, in milliseconds since the epoch. */
export const LATEST_END = 8.64e15;

/** A ban that a rule is about to decide. A listener of `ban.proposed` may change it before it returns. */
export class BanProposal {
  #record: BanRecord;
  #veto: string | undefined;

  constructor(record: BanRecord) {
    this.#record = record;
  }

  /** The ban as it would be, with the strikes that led to it. */
  get ban(): BanRecord {
    return this.#record;
  }

  /** Why there will be no ban. */
  get vetoReason(): string | undefined {
    return this.#veto;
  }

  /** There will be no ban now; a next strike proposes it again. */
  veto(reason: string): void {
    this.#veto ??= reason;
  }

  /** @param expiresAt a later end, in milliseconds since the epoch; an earlier one changes nothing */
  extendTo(expiresAt: number): void {
    if (!(Number.isFinite(expiresAt) && expiresAt > this.#record.expiresAt)) return;
    this.#record = { ...this.#record, expiresAt: Math.min(Math.floor(expiresAt), LATEST_END) };
  }
}

export function withoutStrikes({ strikes: _, ...ban }: BanRecord): Ban {
  return ban;
}
