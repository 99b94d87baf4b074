/** What may be used once only, by whichever instance sees it: the `jti` of a proof, the id of a webhook's delivery. */
export interface ReplaySet {
  /**
   * Notes a use. Of all that come with one id, at the same time too, exactly one is the first.
   *
   * @param id any text
   * @param seconds how long it is remembered: at least as long as what it names would be accepted
   * @returns whether this is the first use; otherwise refuse it
   * @throws RangeError when `seconds` is not positive
   * @throws Error when that can't be said: refuse it then as well
   */
  firstUse(id: string, seconds: number): Promise<boolean>;
  /**
   * Takes a use back, by whoever was the first: the next one is the first again.
   *
   * @throws Error when that can't be done
   */
  release(id: string): Promise<void>;
}
