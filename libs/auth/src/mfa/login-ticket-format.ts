import { createHash, randomBytes } from 'node:crypto';

/** Base64url of 32 bytes. */
const SECRET = '[\\w-]{43}';

/** No ticket is longer. */
export const MAX_LOGIN_TICKET_LENGTH = 16 + 4 + 43;

/** The form of login tickets, `<prefix>_lt_<secret>`. They say nothing: what they stand for is kept under a digest. */
export class LoginTicketFormat {
  readonly #start: string;
  readonly #whole: RegExp;
  readonly #within: RegExp;

  /** @param prefix the option `apiKeys.prefix` */
  constructor(prefix: string) {
    this.#start = `${prefix}_lt_`;
    this.#whole = new RegExp(`^${prefix}_lt_${SECRET}$`);
    this.#within = new RegExp(`${prefix}_lt_${SECRET}`);
  }

  /** A new one, from the system's random source. */
  make(): string {
    return this.#start + randomBytes(32).toString('base64url');
  }

  /** What a store may have of it: it has 256 random bits, so that nothing has to be stretched. Undefined for what is no ticket. */
  digestOf(text: string): string | undefined {
    if (!this.#whole.test(text)) return undefined;
    return createHash('sha256').update(text).digest('base64url');
  }

  /** Whether a text begins like this service's tickets. */
  recognises(text: string): boolean {
    return text.startsWith(this.#start);
  }

  /** The first ticket of this service in a text, made here or not. */
  findIn(text: string): string | undefined {
    return text.includes(this.#start) ? this.#within.exec(text)?.[0] : undefined;
  }
}
