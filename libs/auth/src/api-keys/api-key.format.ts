import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** An API key taken apart. */
export interface ApiKeyParts {
  /** Names the key in stores, logs and events; not secret. */
  readonly id: string;
  /** The whole key, as the caller sends it. */
  readonly key: string;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 16;
/** 43 digits of base 62 hold 256 bits. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

/**
 * `<prefix>_<environment>_<id>_<secret><checksum>`: only letters, digits and `_`, so that a double click
 * selects all of it, no URL escapes any of it, and a secret scanner can tell it from random text.
 */
export class ApiKeyFormat {
  readonly #start: string;
  readonly #pattern: RegExp;

  /**
   * @param prefix names the service, letters and digits
   * @param environment keeps keys of one deployment from opening another, letters and digits
   */
  constructor(prefix: string, environment: string) {
    this.#start = `${prefix}_${environment}_`;
    this.#pattern = new RegExp(
      `^${this.#start}([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH}}([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
    );
  }

  /** Makes a key from the system's random source. */
  create(): ApiKeyParts {
    const id = randomText(ID_LENGTH);
    const body = `${this.#start}${id}_${randomText(SECRET_LENGTH)}`;
    return { id, key: body + checksumOf(body) };
  }

  /**
   * Takes a key apart. A typing error, another service's key and another environment's key are found
   * here, before any store is asked.
   *
   * @returns undefined when the text is not a key of this service and environment
   */
  parse(text: string): ApiKeyParts | undefined {
    const [, id, checksum] = this.#pattern.exec(text) ?? [];
    if (id === undefined || checksumOf(text.slice(0, -CHECKSUM_LENGTH)) !== checksum) return undefined;
    return { id, key: text };
  }
}

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is the largest multiple of 62 below 256: taking only bytes below it keeps every digit equally likely.
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  while (digits.length < CHECKSUM_LENGTH) {
    digits = ALPHABET[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
