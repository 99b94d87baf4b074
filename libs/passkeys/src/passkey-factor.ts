import { Injectable } from '@nestjs/common';
import {
  type FactorAsker,
  type FactorKind,
  FactorKinds,
  type FactorRecord,
  PortcullisError,
} from '@portcullis/auth';
import type { ChallengePurpose } from './passkey-challenges.js';
import { PasskeyProofs, type ProvenPasskey } from './passkey-proofs.js';
import { PASSKEY_KIND } from './passkey-record.js';
import { INVALID_PASSKEY } from './passkey-refusals.js';

/** Passkeys as a second factor, and for step-up. Nobody guesses a signature, so that no number of wrong ones slows down the right one. */
@Injectable()
export class PasskeyFactor implements FactorKind {
  readonly kind = PASSKEY_KIND;
  readonly logsIn = true;

  constructor(
    private readonly proofs: PasskeyProofs,
    kinds: FactorKinds,
  ) {
    kinds.add(this);
  }

  /** The options for `navigator.credentials.get()`, under `options`. */
  async prompt(factors: readonly FactorRecord[], asker: FactorAsker): Promise<Record<string, unknown>> {
    return { options: await this.proofs.options(purposeOf(asker), factors) };
  }

  async prove(
    factors: readonly FactorRecord[],
    answer: unknown,
    asker: FactorAsker,
  ): Promise<ProvenPasskey | undefined> {
    try {
      return await this.proofs.prove(answer, purposeOf(asker), factors);
    } catch (error) {
      if (error instanceof PortcullisError && error.refusal === INVALID_PASSKEY) return undefined;
      throw error;
    }
  }
}

function purposeOf({ issuer, subject, id }: FactorAsker): ChallengePurpose {
  return { kind: 'factor', asker: JSON.stringify([issuer, subject, id]) };
}
