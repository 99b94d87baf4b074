import { hkdfSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKeys } from '../sealing/derived-keys.js';
import { BINDING_SETTINGS, type BindingSettings } from './binding-settings.js';

/** How long one nonce is given out, in seconds. It is accepted for as long again. */
const STEP_SECONDS = 60;
const REMEMBERED_STEPS = 8;

/**
 * Nonces of ours (RFC 9449 section 8): derived from the time, so that nobody has to keep them, and every instance with the same key
 * accepts those of the others. Nobody can have a proof signed in advance who doesn't know the key. An authorization server in the app makes
 * the same ones: clients keep one for each origin.
 */
@Injectable()
export class DpopNonces {
  /** The first one makes nonces, all of them are accepted: so the secret that they come from can be changed. */
  readonly #keys: readonly Uint8Array[];
  /** The nonces of a step, by each key. */
  readonly #steps = new Map<number, readonly string[]>();

  constructor(@Inject(BINDING_SETTINGS) private readonly settings: BindingSettings) {
    const { tokens, storage } = settings;
    const given = tokens?.issuer?.keyEncryptionKeys ?? storage?.keyEncryptionKeys;
    this.#keys = derivedKeys(given, 'portcullis dpop nonce');
  }

  /** What an authorization server in the app makes its nonces from: 32 bytes. */
  get secret(): Buffer {
    return Buffer.from(this.#keys[0] as Uint8Array);
  }

  /** The one to be sent with the next proof. */
  get current(): string {
    return this.#noncesOf(this.#now())[0] as string;
  }

  /**
   * Until when a nonce is accepted, in seconds from now; undefined for one that is not ours, or no longer.
   *
   * @param nonce of a proof
   */
  secondsLeftOf(nonce: string): number | undefined {
    const now = this.#now();
    // The clock of the instance that gave it out may be a little ahead.
    for (const step of [now, now - 1, now + 1]) {
      // What is compared is no secret: whoever asks is told the nonce.
      if (this.#noncesOf(step).includes(nonce)) return (step + 2) * STEP_SECONDS - this.settings.now() / 1000;
    }
    return undefined;
  }

  #now(): number {
    return Math.floor(this.settings.now() / 1000 / STEP_SECONDS);
  }

  #noncesOf(step: number): readonly string[] {
    const known = this.#steps.get(step);
    if (known !== undefined) return known;
    const nonces = this.#keys.map((key) => nonceOf(key, step));
    if (this.#steps.size >= REMEMBERED_STEPS) this.#steps.clear();
    this.#steps.set(step, nonces);
    return nonces;
  }
}

function nonceOf(key: Uint8Array, step: number): string {
  const salt = Buffer.alloc(8);
  salt.writeBigUInt64BE(BigInt(step));
  return Buffer.from(hkdfSync('sha256', key, salt, 'DPoP', 32)).toString('base64url');
}
