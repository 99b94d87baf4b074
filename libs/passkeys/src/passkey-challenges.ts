import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  MemoryReplaySet,
  PortcullisError,
  type ReplaySet,
  TEMPORARILY_UNAVAILABLE,
  TokenIssuer,
} from '@portcullis/auth';
import { BINDING_SETTINGS, type BindingSettings, derivedKeys } from '@portcullis/auth/internal';
import { PASSKEY_SETTINGS, type PasskeySettings } from './passkey-settings.js';

/** What an answer is for: one to another purpose, or to somebody else, is none. */
export interface ChallengePurpose {
  readonly kind: 'registration' | 'login' | 'factor';
  /** Whom the challenge is given to: a session, a ticket; nobody for a login that begins with it. */
  readonly asker: string;
}

/** How long a challenge may be answered, in seconds. */
export const CHALLENGE_SECONDS = 300;
/** How far apart the clocks of two instances may be, in seconds. */
const MARGIN_SECONDS = 5;

const [RANDOM_BYTES, TIME_BYTES, MAC_BYTES] = [32, 6, 32];
const SIGNED_BYTES = RANDOM_BYTES + TIME_BYTES;

/**
 * Challenges that nobody keeps: random bytes and the time of their end, with a MAC over these and the purpose. So whoever asks for very
 * many of them fills no memory, and every instance knows those of the others.
 */
@Injectable()
export class PasskeyChallenges {
  /** The first one makes, all of them are accepted. */
  readonly #keys: readonly Buffer[];
  readonly #replays: ReplaySet;
  readonly #rpId: string;

  constructor(
    @Inject(BINDING_SETTINGS) private readonly settings: BindingSettings,
    @Inject(PASSKEY_SETTINGS) { rpId }: PasskeySettings,
    private readonly issuer: TokenIssuer,
  ) {
    const { binding, tokens, storage } = settings;
    const secrets = tokens?.issuer?.keyEncryptionKeys ?? storage?.keyEncryptionKeys;
    this.#keys = derivedKeys(secrets, 'portcullis passkey challenge');
    this.#replays = binding.replays ?? new MemoryReplaySet();
    this.#rpId = rpId;
  }

  /** A new one, in base64url. */
  make(purpose: ChallengePurpose): string {
    const signed = Buffer.alloc(SIGNED_BYTES);
    randomBytes(RANDOM_BYTES).copy(signed);
    signed.writeUIntBE(this.settings.now() + CHALLENGE_SECONDS * 1000, RANDOM_BYTES, TIME_BYTES);
    return Buffer.concat([signed, this.#mac(this.#keys[0] as Buffer, signed, purpose)]).toString('base64url');
  }

  /** Whether it was made here for this purpose, and is not over. */
  isOurs(challenge: string, purpose: ChallengePurpose): boolean {
    const bytes = Buffer.from(challenge, 'base64url');
    // One spelling of each: what was used is remembered as a text.
    if (bytes.length !== SIGNED_BYTES + MAC_BYTES || bytes.toString('base64url') !== challenge) return false;
    const [signed, mac] = [bytes.subarray(0, SIGNED_BYTES), bytes.subarray(SIGNED_BYTES)];
    const matching = this.#keys.filter((key) => timingSafeEqual(this.#mac(key, signed, purpose), mac));
    return matching.length > 0 && endOf(bytes) > this.settings.now();
  }

  /**
   * Uses up one of ours, whatever its answer is worth. Of all who come with it at the same time exactly one is the first.
   *
   * @throws PortcullisError `temporarily_unavailable` when that can't be said
   */
  async isFirstUse(challenge: string): Promise<boolean> {
    const leftMs = endOf(Buffer.from(challenge, 'base64url')) - this.settings.now();
    const seconds = Math.max(leftMs / 1000, 0) + MARGIN_SECONDS;
    try {
      return await this.#replays.firstUse(`passkey challenge ${challenge}`, seconds);
    } catch (cause) {
      const reason = 'whether a challenge was used before can not be said';
      throw new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, { retryAfterSeconds: 1, cause });
    }
  }

  #mac(key: Buffer, signed: Buffer, { kind, asker }: ChallengePurpose): Buffer {
    const purpose = JSON.stringify([this.issuer.url, this.#rpId, kind, asker]);
    return createHmac('sha256', key).update(signed).update(purpose).digest();
  }
}

function endOf(bytes: Buffer): number {
  return bytes.readUIntBE(RANDOM_BYTES, TIME_BYTES);
}
