import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** An API key taken apart. */
export interface ApiKeyParts {
  /** Names the key in stores, logs and events; not secret. */
  readonly id: string;
  /** The whole key, as the caller sends it. */
  readonly key: string;
}

/** A key that stands in some text. */
export interface FoundApiKey extends ApiKeyParts {
  /** Where it begins in the text. */
  readonly index: number;
  readonly prefix: string;
  readonly environment: string;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 16;
/** 43 digits of base 62 hold 256 bits. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

/** What comes after the environment: id, secret and checksum. */
const TAIL = `_[0-9A-Za-z]{${ID_LENGTH}}_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}`;
const NAME = '[0-9A-Za-z]{1,16}';

/** No key is longer: two names of 16 characters, and the tail. */
export const MAX_API_KEY_LENGTH = 16 + 1 + 16 + 1 + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

/**
 * The exact form of keys, for secret scanners. What it matches may still have a wrong checksum: see {@link findApiKeys}.
 *
 * @param prefix the option `apiKeys.prefix`; any by default
 * @param environment the option `apiKeys.environment`; any by default
 */
export function apiKeyPattern(prefix: string = NAME, environment: string = NAME): RegExp {
  return new RegExp(`${prefix}_${environment}${TAIL}`, 'g');
}

/**
 * Finds the keys in a text. Their checksum is verified, so that random text is taken for a key once in four thousand million
 * times that it has a key's form.
 *
 * @param prefix the service that the keys are of; any by default
 */
export function* findApiKeys(text: string, prefix?: string): Generator<FoundApiKey> {
  const pattern = apiKeyPattern(prefix);
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [key] = match;
    if (hasChecksum(key)) {
      const [name = '', environment = '', id = ''] = key.split('_');
      yield { index: match.index, id, key, prefix: name, environment };
    } else {
      // What only looks like a key may overlap one: letters before it look like a part of its prefix.
      pattern.lastIndex = match.index + 1;
    }
  }
}

/**
 * `<prefix>_<environment>_<id>_<secret><checksum>`: only letters, digits and `_`, so that a double click
 * selects all of it, no URL escapes any of it, and a secret scanner can tell it from random text.
 */
export class ApiKeyFormat {
  readonly #prefix: string;
  /** How keys of whatever environment begin: looked for in each URL and each bearer token. */
  readonly #anyStart: string;
  readonly #start: string;
  readonly #form: RegExp;

  /**
   * @param prefix names the service, letters and digits
   * @param environment keeps keys of one deployment from opening another, letters and digits
   */
  constructor(prefix: string, environment: string) {
    this.#prefix = prefix;
    this.#anyStart = `${prefix}_`;
    this.#start = `${prefix}_${environment}_`;
    this.#form = new RegExp(`^${apiKeyPattern(prefix, environment).source}$`);
  }

  /** Makes a key from the system's random source. */
  create(): ApiKeyParts {
    const id = newKeyId();
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
    return this.#form.test(text) && hasChecksum(text) ? { id: this.idIn(text), key: text } : undefined;
  }

  /** What stands where a key of this service has its id. */
  idIn(text: string): string {
    return text.slice(this.#start.length, this.#start.length + ID_LENGTH);
  }

  /** Whether a text begins like this service's keys, of whatever environment. */
  recognises(text: string): boolean {
    return text.startsWith(this.#anyStart);
  }

  /** The first key of this service in a text, of whatever environment. */
  findIn(text: string): FoundApiKey | undefined {
    if (!text.includes(this.#anyStart)) return undefined;
    return findApiKeys(text, this.#prefix).next().value ?? undefined;
  }
}

/** Names a key. */
export function newKeyId(): string {
  return randomText(ID_LENGTH);
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

function hasChecksum(key: string): boolean {
  return checksumOf(key.slice(0, -CHECKSUM_LENGTH)) === key.slice(-CHECKSUM_LENGTH);
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
