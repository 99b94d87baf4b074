import type { MaybePromise } from '../async/maybe-promise.js';
import { RemoteDocument, type RemoteTimes } from '../remote/remote-document.js';
import type { KeySet, KeySource } from './key-set.js';
import type { TokenAlgorithm, VerificationKey } from './verification-key.js';

/** An issuer that didn't answer is asked again soon: without its keys its users are shut out. */
const RETRY_SECONDS = 1;

/** The keys of an issuer elsewhere. Nothing is fetched before the first token needs it. */
export class RemoteKeySet implements KeySource {
  readonly #document: RemoteDocument<KeySet>;

  /**
   * @param issuer for messages
   * @param fetchKeys fetches and reads the set
   * @param times how long fetched keys are used
   * @param now milliseconds since the epoch
   */
  constructor(
    issuer: string,
    fetchKeys: () => Promise<KeySet>,
    times: Omit<RemoteTimes, 'retrySeconds'>,
    now: () => number,
  ) {
    const name = `the keys of ${issuer}`;
    this.#document = new RemoteDocument(name, fetchKeys, { ...times, retrySeconds: RETRY_SECONDS }, now);
  }

  /** @throws PortcullisError `temporarily_unavailable` when there are no keys young enough */
  find(algorithm: TokenAlgorithm, kid: string | undefined): MaybePromise<readonly VerificationKey[]> {
    const known = this.#document.current()?.find(algorithm, kid) ?? [];
    return known.length > 0 ? known : this.#renewAndFind(algorithm, kid);
  }

  has(keyId: string): boolean {
    return this.#document.current()?.has(keyId) ?? false;
  }

  async #renewAndFind(
    algorithm: TokenAlgorithm,
    kid: string | undefined,
  ): Promise<readonly VerificationKey[]> {
    return (await this.#document.renewed()).find(algorithm, kid);
  }
}
