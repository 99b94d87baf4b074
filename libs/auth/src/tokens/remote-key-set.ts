import { Logger } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import type { MaybePromise } from '../identity/maybe-promise.js';
import type { KeySet, KeySource } from './key-set.js';
import type { TokenAlgorithm, VerificationKey } from './verification-key.js';

/** How long fetched keys are used, in seconds. */
export interface RemoteKeyTimes {
  /** Keys older than this are fetched again, in the background. While the issuer answers, a retired key is refused after it. */
  readonly refreshSeconds: number;
  /** Through an outage of the issuer the last good keys serve for this long. A retired key is refused after it in any case. */
  readonly maxAgeSeconds: number;
  /** Between two fetches at least this much time passes, whatever tokens ask for. */
  readonly cooldownSeconds: number;
}

/** An issuer that didn't answer is asked again soon: without its keys its users are shut out. */
const RETRY_MS = 1_000;

/** The keys of an issuer elsewhere. Nothing is fetched before the first token needs it. */
export class RemoteKeySet implements KeySource {
  readonly #logger = new Logger('Portcullis');
  #keys: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  /** Whether the last attempt failed. */
  #isFailing = false;
  #fetching: Promise<void> | undefined;

  /**
   * @param issuer for messages
   * @param fetchKeys fetches and reads the set
   * @param now milliseconds since the epoch
   */
  constructor(
    private readonly issuer: string,
    private readonly fetchKeys: () => Promise<KeySet>,
    private readonly times: RemoteKeyTimes,
    private readonly now: () => number,
  ) {}

  /** @throws PortcullisError `temporarily_unavailable` when there are no keys young enough */
  find(algorithm: TokenAlgorithm, kid: string | undefined): MaybePromise<readonly VerificationKey[]> {
    const known = this.#current()?.find(algorithm, kid) ?? [];
    return known.length > 0 ? known : this.#refetchAndFind(algorithm, kid);
  }

  has(keyId: string): boolean {
    return this.#current()?.has(keyId) ?? false;
  }

  /** What can be answered from at once; it is renewed in the background. After a long silence it waits for the renewal. */
  #current(): KeySet | undefined {
    const age = this.#ageSeconds();
    if (this.#keys !== undefined && age >= this.times.refreshSeconds) void this.#refresh();
    return age < 2 * this.times.refreshSeconds || this.#isFailing ? this.#usable() : undefined;
  }

  async #refetchAndFind(
    algorithm: TokenAlgorithm,
    kid: string | undefined,
  ): Promise<readonly VerificationKey[]> {
    await this.#refresh();
    const keys = this.#usable();
    if (keys !== undefined) return keys.find(algorithm, kid);
    throw new PortcullisError('temporarily_unavailable', `no keys of ${this.issuer} can be had`, {
      retryAfterSeconds: RETRY_MS / 1000,
    });
  }

  /** One fetch at a time, and none within the cool-down: an attacker's made-up `kid`s cost the issuer next to nothing. */
  #refresh(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    const pause = this.#isFailing ? RETRY_MS : this.times.cooldownSeconds * 1000;
    if (since(this.#attemptedAt, this.now()) < pause) return Promise.resolve();
    this.#fetching = this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      this.#keys = await this.fetchKeys();
      this.#fetchedAt = this.now();
      this.#isFailing = false;
    } catch (error) {
      this.#isFailing = true;
      const cause = error instanceof Error && error.cause ? ` (${error.cause})` : '';
      this.#logger.warn(`The keys of ${this.issuer} could not be fetched: ${error}${cause}`);
    } finally {
      this.#attemptedAt = this.now();
    }
  }

  #usable(): KeySet | undefined {
    return this.#ageSeconds() < this.times.maxAgeSeconds ? this.#keys : undefined;
  }

  #ageSeconds(): number {
    return since(this.#fetchedAt, this.now()) / 1000;
  }
}

/** The time that has passed. A clock that was set back tells nothing, so it counts as very long. */
function since(then: number, now: number): number {
  return now < then ? Number.POSITIVE_INFINITY : now - then;
}
