import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** An API key that no app has issued, as there is in no file of this repository. */
export class MadeKey {
  readonly secret: string;
  readonly text: string;
  /** All of it that may be shown. */
  readonly shown: string;

  constructor(
    prefix = 'parcel',
    environment = 'live',
    readonly id = randomText(16),
  ) {
    const start = `${prefix}_${environment}_${this.id}_`;
    const random = randomText(43);
    this.secret = random + checksumOf(start + random);
    this.text = start + this.secret;
    this.shown = `${start}…`;
  }
}

/** Letters and digits. */
export function randomText(length: number): string {
  const text = randomBytes(length * 2)
    .toString('base64')
    .replaceAll(/[^0-9A-Za-z]/g, '');
  return text.slice(0, length);
}

/** The CRC-32 as six digits of base 62. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let count = 0; count < 6; count++) {
    digits = ALPHABET[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
