import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKeys } from '../sealing/derived-keys.js';
import { findRefreshTokens, refreshTokenPattern } from './refresh-token-format.js';
import { SESSION_SETTINGS, type SessionSettings } from './session-settings.js';

/** What a refresh token says. */
export interface RefreshTokenParts {
  readonly sessionId: string;
  /** The first one is 0. */
  readonly generation: number;
  /** All refresh tokens of one session hold the same. */
  readonly secret: string;
}

/** What the keys are for. */
const PURPOSE = 'portcullis refresh token';

/**
 * Makes and reads refresh tokens. The secret is in no database, only its hash; the key of the MAC is in no database either. So none of both
 * makes a token, what was guessed is refused before anything is read, and the successor of a token can be made again by every instance.
 */
@Injectable()
export class RefreshTokenCodec {
  readonly #start: string;
  readonly #form: RegExp;
  readonly #issuer: string;
  /** The first one makes, all of them verify. */
  readonly #keys: readonly Buffer[];

  constructor(
    @Inject(SESSION_SETTINGS) private readonly settings: Pick<SessionSettings, 'apiKeys' | 'tokens'>,
  ) {
    const { prefix } = settings.apiKeys;
    const issuer = settings.tokens?.issuer;
    this.#start = `${prefix}_rt_`;
    this.#form = new RegExp(`^${refreshTokenPattern(prefix).source}$`);
    this.#issuer = issuer?.url ?? '';
    this.#keys = derivedKeys(issuer?.keyEncryptionKeys, PURPOSE);
  }

  /** Whether tokens are known to this process only, although its access tokens are known to others. */
  get isCutShort(): boolean {
    const { keyEncryptionKeys, signingKey } = this.settings.tokens?.issuer ?? {};
    return signingKey !== undefined && keyEncryptionKeys === undefined;
  }

  /** The name and the secret of a new session, from the system's random source. */
  begin(): RefreshTokenParts {
    return {
      sessionId: randomBytes(16).toString('base64url'),
      generation: 0,
      secret: randomBytes(32).toString('base64url'),
    };
  }

  write(parts: RefreshTokenParts): string {
    const { sessionId, generation, secret } = parts;
    const mac = this.#mac(this.#keys[0] as Buffer, parts);
    return `${this.#start}${sessionId}.${generation}.${secret}.${mac}`;
  }

  /** @returns undefined for what was not made with one of the keys */
  read(text: string): RefreshTokenParts | undefined {
    const match = this.#form.exec(text);
    if (match === null) return undefined;
    const [, , sessionId = '', generation = '', secret = '', mac = ''] = match;
    const parts = { sessionId, generation: Number(generation), secret };
    const sent = Buffer.from(mac);
    // All of them, and as texts: a digest has several spellings in Base64.
    const matching = this.#keys.filter((key) => timingSafeEqual(Buffer.from(this.#mac(key, parts)), sent));
    return matching.length > 0 ? parts : undefined;
  }

  /** Whether a text begins like this service's refresh tokens. */
  recognises(text: string): boolean {
    return text.startsWith(this.#start);
  }

  /** The first refresh token of this service in a text, made here or not. */
  findIn(text: string): string | undefined {
    if (!text.includes(this.#start)) return undefined;
    return findRefreshTokens(text, this.#start.slice(0, -'_rt_'.length)).next().value?.token;
  }

  #mac(key: Buffer, { sessionId, generation, secret }: RefreshTokenParts): string {
    const signed = JSON.stringify([this.#issuer, sessionId, generation, secret]);
    return createHmac('sha256', key).update(signed).digest('base64url');
  }
}

/** What a store may have of a secret: it has 256 random bits, so that nothing has to be stretched. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Whether a secret is the one that was hashed. */
export function isHashOf(hash: string, secret: string): boolean {
  const [known, sent] = [Buffer.from(hash), Buffer.from(hashOf(secret))];
  return known.length === sent.length && timingSafeEqual(known, sent);
}
