import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  KnownRevocation,
  RevocationPage,
  RevocationPlace,
  RevocationStore,
} from './revocation.store.js';

/** How many revocations are read at a time. */
const READ_AT_ONCE = 1_000;

/** What lies between the end of the stretch before and its own was taken over, when it was what the digest says. */
interface KnownStretch {
  readonly until: RevocationPlace;
  readonly digest: string;
}

type Page = Partial<RevocationPage> & Pick<RevocationPage, 'revocations'>;

/**
 * Reads revocations page by page, and lets requests have their turn in between: there may be a million. Where the store can tell, what was
 * taken over before is known again by its digest. Stretches keep their ends, so that what was forgotten or has come in one moves no other.
 */
export class RevocationReader {
  #known: readonly KnownStretch[] = [];

  /** @param take takes one over, and says whether it is in force by now: what is not may yet be, once the clock was corrected */
  constructor(
    private readonly store: RevocationStore,
    private readonly take: (revocation: KnownRevocation) => boolean,
  ) {}

  /**
   * Takes over what was decided at or after a time, in milliseconds since the epoch, and perhaps some of what was decided before.
   *
   * @throws Error when the store fails, or gives the same page again and again
   */
  async readSince(time: number): Promise<void> {
    const next = this.#known.findIndex(({ until }) => until.revokedAt >= time);
    const earlier = next === -1 ? this.#known : this.#known.slice(0, next);
    // A list of its own: another reading may be under way.
    const known = [...earlier];
    let place = earlier.at(-1)?.until;
    for (const stretch of [...this.#known.slice(earlier.length), undefined])
      place = await this.#readStretch(time, place, known, stretch);
    this.#known = known;
  }

  /**
   * @param known gets what can be known again
   * @param stretch goes to its end; undefined: to the end of all
   * @returns where it ends
   */
  async #readStretch(
    time: number,
    begin: RevocationPlace | undefined,
    known: KnownStretch[],
    stretch?: KnownStretch,
  ): Promise<RevocationPlace | undefined> {
    for (let place = begin; ; ) {
      const { digest, revocations } = await this.#page(time, place, stretch);
      await nextTurn();
      if (stretch !== undefined && digest === stretch.digest) {
        known.push(stretch);
        return stretch.until;
      }
      const page = revocations();
      const areInForce = this.#takeAll(page);
      const last = page.at(-1);
      if (last !== undefined && last.id === place?.id)
        throw new Error('stores.revocations gives the same page again and again');
      const isFull = page.length === READ_AT_ONCE;
      const until = isFull ? last : stretch?.until;
      if (digest !== undefined && until !== undefined && areInForce && page.length > 0)
        known.push({ until: { revokedAt: until.revokedAt, id: until.id }, digest });
      if (!isFull || last?.id === stretch?.until.id) return until;
      place = last;
    }
  }

  #takeAll(revocations: readonly KnownRevocation[]): boolean {
    let areInForce = true;
    for (const revocation of revocations) if (!this.take(revocation)) areInForce = false;
    return areInForce;
  }

  async #page(time: number, after?: RevocationPlace, stretch?: KnownStretch): Promise<Page> {
    const from = after ?? { revokedAt: time, id: '' };
    if (this.store.findPage !== undefined)
      return this.store.findPage(READ_AT_ONCE, from, stretch?.until, stretch?.digest);
    const found = await this.store.findSince(time, READ_AT_ONCE, after);
    return { revocations: () => found };
  }
}
