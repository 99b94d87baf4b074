/**
 * A map whose entries leave when their time is over, without a timer and without ever being walked through: entries are
 * kept in the order in which they came, which is the order in which they go, and each newcomer clears away two.
 */
export class ExpiringMap<V extends { readonly expiresAt: number } | number> extends Map<string, V> {
  /** @param now what has expired by then, in the unit of the entries' own times, may leave */
  put(key: string, value: V, now: number): void {
    // A key that is put again goes to the end of the line.
    this.delete(key);
    this.set(key, value);
    let cleared = 0;
    for (const [oldest, entry] of this) {
      if (cleared++ === 2 || expiryOf(entry) > now) break;
      this.delete(oldest);
    }
  }
}

function expiryOf(entry: { readonly expiresAt: number } | number): number {
  return typeof entry === 'number' ? entry : entry.expiresAt;
}
