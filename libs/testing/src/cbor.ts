/** What authenticators write: numbers, texts, bytes, and maps of these. */
export type CborValue = number | string | Uint8Array | ReadonlyMap<number | string, CborValue>;

/** CBOR (RFC 8949), as far as WebAuthn needs it: definite lengths below 65,536. */
export function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  const entries = [...value].map(([name, one]) => Buffer.concat([cbor(name), cbor(one)]));
  return Buffer.concat([head(5, value.size), ...entries]);
}

function head(type: number, value: number): Buffer {
  const first = type << 5;
  if (value < 24) return Buffer.from([first | value]);
  if (value < 256) return Buffer.from([first | 24, value]);
  return Buffer.from([first | 25, value >> 8, value & 255]);
}
