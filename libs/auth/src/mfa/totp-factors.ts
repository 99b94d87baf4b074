import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FactorOwner, FactorRecord, FactorStore, TryLimits } from './factor.store.js';
import { newFactorId } from './factor-id.js';
import type { FactorKind, ProvenFactor } from './factor-kind.js';
import { FactorKinds } from './factor-kinds.js';
import { FactorVault } from './factor-vault.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';
import { stepOfCode, type TotpParameters } from './totp.js';
import { base32Of } from './totp-uri.js';

export const TOTP_KIND = 'totp';

/** Twenty bytes of a code's hash are looked at, whatever its length (RFC 4226 section 4 recommends as many). */
const SECRET_BYTES = 20;
const NEVER_USED = -1;

/** What is sealed of a factor. */
interface TotpSecret extends TotpParameters {
  /** Base64url. */
  readonly secret: string;
  /** Who has begun the enrolment, and has to end it. */
  readonly enroller: string;
}

/** A factor that is not confirmed yet. */
export interface NewTotpFactor extends TotpParameters {
  readonly id: string;
  /** Base32. Shown once. */
  readonly secret: string;
}

/** Codes of authenticator apps (TOTP, RFC 6238). Each works once, and none that is older than the last one. */
@Injectable()
export class TotpFactors implements FactorKind {
  readonly kind = TOTP_KIND;
  readonly limits: TryLimits = { free: 5, firstDelayMs: 30_000, longestDelayMs: 3_600_000 };
  readonly #store: FactorStore;

  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly vault: FactorVault,
    kinds: FactorKinds,
  ) {
    this.#store = settings.stores.factors;
    kinds.add(this);
  }

  /** @param enroller who has to confirm it: the id of a session, or a ticket's digest */
  async begin(owner: FactorOwner, enroller: string, name: string | null): Promise<NewTotpFactor> {
    const { totpAlgorithm: algorithm, totpDigits: digits } = this.settings.mfa;
    const id = newFactorId();
    const bytes = randomBytes(SECRET_BYTES);
    const { issuer, subject } = owner;
    const secret: TotpSecret = { secret: bytes.toString('base64url'), algorithm, digits, enroller };
    await this.#store.insert({
      ...{ id, issuer, subject, kind: TOTP_KIND, name, createdAt: this.settings.now() },
      ...{ confirmedAt: null, lastUsedAt: null, handle: null, position: NEVER_USED },
      data: await this.vault.seal({ id, issuer, subject }, secret),
    });
    return { id, secret: base32Of(bytes), algorithm, digits };
  }

  /**
   * Confirms a factor by a code, which is used up by that.
   *
   * @returns whether it is confirmed by this call
   */
  async confirm(factor: FactorRecord, enroller: string, code: string): Promise<boolean> {
    const secret = await this.vault.open<TotpSecret>(factor);
    if (secret.enroller !== enroller) return false;
    const now = this.settings.now();
    const step = stepIn(secret, code, now);
    return step !== undefined && (await this.#store.confirm(factor.id, step, now));
  }

  async prove(factors: readonly FactorRecord[], answer: unknown): Promise<ProvenFactor | undefined> {
    if (typeof answer !== 'string') return undefined;
    const now = this.settings.now();
    for (const factor of factors) {
      const step = stepIn(await this.vault.open<TotpSecret>(factor), answer, now);
      if (step !== undefined && (await this.#store.useStep(factor.id, step, now)))
        return { id: factor.id, kind: TOTP_KIND, amr: ['otp'], isMultiFactor: false };
    }
    return undefined;
  }
}

function stepIn({ secret, ...parameters }: TotpSecret, code: string, now: number): number | undefined {
  return stepOfCode(Buffer.from(secret, 'base64url'), code, now, parameters);
}
