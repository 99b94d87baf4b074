/** Frozen through and through, so that it may be handed out as it is. */
export function frozenCopyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy = Array.isArray(value)
    ? value.map(frozenCopyOf)
    : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, frozenCopyOf(part)]));
  return Object.freeze(copy) as T;
}
