/**
 * A map whose entries leave when their time is over, without a timer and without ever being walked through: entries are
 * kept in the order in which they came, which is the order in which they go, and each newcomer clears away two.
 *
 * It remembers where it has looked last. To look from the front each time would mean to walk over what has left before: where everything
 * is put again, as by a reload, over more and more of it.
 */
export class ExpiringMap<V extends { readonly expiresAt: number } | number> extends Map<string, V> {
  #line = this.keys();
  /** The key that leaves next; undefined where nobody has looked yet. */
  #oldest: string | undefined;

  /** @param now what has expired by then, in the unit of the entries' own times, may leave */
  put(key: string, value: V, now: number): void {
    // A key that is put again goes to the end of the line.
    this.delete(key);
    this.set(key, value);
    if (this.#oldest === key) this.#oldest = undefined;
    for (let cleared = 0; cleared < 2; cleared++) {
      this.#oldest ??= this.#nextInLine();
      const entry = this.#oldest === undefined ? undefined : this.get(this.#oldest);
      if (entry !== undefined && expiryOf(entry) > now) return;
      if (this.#oldest !== undefined) this.delete(this.#oldest);
      this.#oldest = undefined;
    }
  }

  /** An iterator that has come to the end stays there, whatever comes later. */
  #nextInLine(): string | undefined {
    const next = this.#line.next();
    if (!next.done) return next.value;
    this.#line = this.keys();
    return this.#line.next().value;
  }
}

function expiryOf(entry: { readonly expiresAt: number } | number): number {
  return typeof entry === 'number' ? entry : entry.expiresAt;
}
