import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FactorOwner, FactorRecord, FactorStore } from './factor.store.js';
import { newFactorId } from './factor-id.js';
import type { FactorKind, ProvenFactor } from './factor-kind.js';
import { FactorKinds } from './factor-kinds.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';
import { newRecoveryCodes, RECOVERY_KIND, recoveryCodeHash } from './recovery-code-format.js';

/** Codes on paper, for whoever has lost their other factors. Each works once. Nobody can guess one, so nobody has to wait for it. */
@Injectable()
export class RecoveryCodes implements FactorKind {
  readonly kind = RECOVERY_KIND;
  readonly #store: FactorStore;

  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    kinds: FactorKinds,
  ) {
    this.#store = settings.stores.factors;
    kinds.add(this);
  }

  /**
   * Makes the first codes of a user.
   *
   * @returns the codes, which are shown here once; undefined where the user has some, or had
   * @throws PortcullisError `temporarily_unavailable`
   */
  async make(owner: FactorOwner): Promise<readonly string[] | undefined> {
    const id = await this.#insert(owner);
    return id === undefined ? undefined : this.#replace(id);
  }

  /**
   * Makes new codes in the place of all that the user has.
   *
   * @returns the codes, which are shown here once
   * @throws PortcullisError `temporarily_unavailable`
   */
  async renew(owner: FactorOwner): Promise<readonly string[]> {
    const known = await this.#find(owner);
    if (known !== undefined) return this.#replace(known.id);
    return (await this.make(owner)) ?? this.renew(owner);
  }

  /** How many codes a user has left. */
  async countOf(owner: FactorOwner): Promise<number> {
    const known = await this.#find(owner);
    if (known === undefined) return 0;
    return this.#store.countCodes(known.id);
  }

  /** Those of a user who has no other factor any more are of no use. */
  async forget(owner: FactorOwner): Promise<void> {
    const known = await this.#find(owner);
    if (known !== undefined) await this.#store.remove(known.id, []);
  }

  async prove(factors: readonly FactorRecord[], answer: unknown): Promise<ProvenFactor | undefined> {
    if (typeof answer !== 'string') return undefined;
    for (const { id } of factors) {
      const hash = recoveryCodeHash(id, answer);
      if (hash !== undefined && (await this.#store.useCode(id, hash, this.settings.now())))
        return { id, kind: RECOVERY_KIND, amr: ['otp'], isMultiFactor: false };
    }
    return undefined;
  }

  #find(owner: FactorOwner): Promise<FactorRecord | undefined> {
    return this.#store.findByHandle(RECOVERY_KIND, handleOf(owner));
  }

  /** @returns undefined where there are codes already */
  async #insert(owner: FactorOwner): Promise<string | undefined> {
    const { issuer, subject } = owner;
    const id = newFactorId();
    const at = this.settings.now();
    try {
      await this.#store.insert({
        ...{ id, issuer, subject, kind: RECOVERY_KIND, name: null, createdAt: at, confirmedAt: at },
        ...{ lastUsedAt: null, handle: handleOf(owner), data: '{}', position: -1 },
      });
      return id;
    } catch (error) {
      // Somebody else was sooner, or there is no store.
      if ((await this.#find(owner)) !== undefined) return undefined;
      throw error;
    }
  }

  async #replace(id: string): Promise<readonly string[]> {
    const codes = newRecoveryCodes();
    const hashes = codes.map((code) => recoveryCodeHash(id, code) as string);
    await this.#store.replaceCodes(id, hashes);
    return codes;
  }
}

/** Each user has them once, whoever makes them at the same time. */
function handleOf({ issuer, subject }: FactorOwner): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url');
}
