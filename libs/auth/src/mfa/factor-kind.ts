import type { FactorOwner, FactorRecord, TryLimits } from './factor.store.js';

/** What somebody has proven besides, or instead of, a password. */
export interface ProvenFactor {
  readonly id: string;
  readonly kind: string;
  /** Its values of `amr` (RFC 8176): `otp`, `hwk`, `swk`. */
  readonly amr: readonly string[];
  /** Whether it counts as two factors by itself: a device that has asked for a PIN or a fingerprint. */
  readonly isMultiFactor: boolean;
}

/** Who asks for a factor: what its challenges are bound to, so that the answer to one is none to another. */
export interface FactorAsker extends FactorOwner {
  /** A ticket's digest, or the id of a session. */
  readonly id: string;
}

/** A kind of factor. Modules add theirs to `FactorKinds`. */
export interface FactorKind {
  readonly kind: string;
  /** Whether people log in by it alone, as by a passkey. By default not. */
  readonly logsIn?: boolean;
  /**
   * How wrong answers slow down further ones of the same user, over all tickets and sessions. None where nobody could guess one: then no
   * flood of wrong answers keeps the user from the right one.
   */
  readonly limits?: TryLimits;
  /**
   * What a client needs to know before it can answer, such as the options of WebAuthn.
   *
   * @param factors those of this kind that the user has confirmed; at least one
   */
  prompt?(factors: readonly FactorRecord[], asker: FactorAsker): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Proves a factor; that it is tried was counted before. Whatever may be used once is used up here, by one conditional update.
   *
   * @param factors those of this kind that the user has confirmed, or the one that the client has named; at least one
   * @param answer what the client sent, of whatever shape
   * @returns undefined where it is wrong
   * @throws PortcullisError `temporarily_unavailable` where it can't be said now
   */
  prove(
    factors: readonly FactorRecord[],
    answer: unknown,
    asker: FactorAsker,
  ): Promise<ProvenFactor | undefined>;
}
