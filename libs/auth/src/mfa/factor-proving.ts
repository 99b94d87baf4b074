import { Inject, Injectable } from '@nestjs/common';
import { tooManyAttempts } from '../bans/attempt-refusals.js';
import { PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { LoginFactor } from '../sessions/login-gate.js';
import { available } from '../sessions/unavailable.js';
import type { FactorOwner, FactorRecord, FactorStore } from './factor.store.js';
import type { FactorAsker, FactorKind, ProvenFactor } from './factor-kind.js';
import { FactorKinds } from './factor-kinds.js';
import { FACTOR_FAILED, FACTOR_USED, RECOVERY_CODE_USED } from './mfa-events.js';
import { MFA_FAILED } from './mfa-refusals.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';
import { RECOVERY_KIND } from './recovery-code-format.js';

/** One answer of a client. */
export interface FactorAttempt {
  readonly asker: FactorAsker;
  /** The factors that may be proven. */
  readonly factors: readonly FactorRecord[];
  /** The id of one of them, or a kind. */
  readonly which: string;
  readonly answer: unknown;
  readonly from: Omit<Actor, 'actor'>;
  /** Counts the try elsewhere as well, before the answer is looked at. @throws PortcullisError where no more may be made there */
  readonly begin?: () => Promise<void>;
}

/** Proves factors. Every try is counted before it is looked at, whatever comes of it. */
@Injectable()
export class FactorProving {
  readonly #store: FactorStore;

  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly kinds: FactorKinds,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.factors;
  }

  /** The factors that a user has confirmed, of kinds that are known here or not; recovery codes only beside another one. @throws PortcullisError `temporarily_unavailable` */
  async confirmedOf({ issuer, subject }: FactorOwner): Promise<readonly FactorRecord[]> {
    const all = await this.#store.list({ issuer, subject });
    const confirmed = all.filter(({ confirmedAt }) => confirmedAt !== null);
    // Whoever removed the last factor may have died before the recovery codes beside it were forgotten.
    return confirmed.some(({ kind }) => kind !== RECOVERY_KIND) ? confirmed : [];
  }

  /** What a client is told of factors, so that it can prove one. */
  async prompts(factors: readonly FactorRecord[], asker: FactorAsker): Promise<readonly LoginFactor[]> {
    const prompts = new Map<string, LoginFactor['prompt']>();
    for (const kind of this.kinds.all) {
      const own = factors.filter((factor) => factor.kind === kind.kind);
      if (own.length > 0) prompts.set(kind.kind, await kind.prompt?.(own, asker));
    }
    return factors
      .filter(({ kind }) => prompts.has(kind))
      .map(({ id, kind, name }) => {
        const prompt = prompts.get(kind);
        return { id, kind, name, ...(prompt && { prompt }) };
      });
  }

  /**
   * @throws PortcullisError `mfa_failed`; `too_many_attempts` where the user has failed too often; `temporarily_unavailable` where it can't be
   * said now
   */
  async prove(attempt: FactorAttempt): Promise<ProvenFactor> {
    const { asker, answer, from } = attempt;
    const { kind, factors } = this.#chosen(attempt);
    const tries = { issuer: asker.issuer, subject: asker.subject, kind: kind.kind };
    if (kind.limits !== undefined) {
      const wait = await this.#store.beginTry(tries, kind.limits, this.settings.now());
      if (wait > 0) throw tooManyAttempts(`${asker.subject} has failed with ${kind.kind} too often`, wait);
    }
    await attempt.begin?.();
    const proven = await available(kind.prove(factors, answer, asker), 'the factor can not be checked');
    const who = actorOf({ ...from, actor: asker.subject });
    const facts = { factor: kind.kind, subject: asker.subject, ...who };
    if (proven === undefined) {
      this.events.emit(FACTOR_FAILED, facts);
      throw failed(`a wrong answer for ${kind.kind} of ${asker.subject}`);
    }
    if (kind.limits !== undefined) await this.#store.forgetTries(tries);
    this.events.emit(FACTOR_USED, { factorId: proven.id, ...facts });
    if (proven.kind === RECOVERY_KIND)
      this.events.emit(RECOVERY_CODE_USED, {
        factorId: proven.id,
        ...facts,
        left: await this.#store.countCodes(proven.id),
      });
    return proven;
  }

  #chosen({ factors, which }: FactorAttempt): {
    readonly kind: FactorKind;
    readonly factors: readonly FactorRecord[];
  } {
    const named = factors.filter(({ id }) => id === which);
    const chosen = named.length > 0 ? named : factors.filter((factor) => factor.kind === which);
    const kind = chosen[0] && this.kinds.get(chosen[0].kind);
    if (kind === undefined) throw failed('there is no such factor');
    return { kind, factors: chosen };
  }
}

function failed(reason: string): PortcullisError {
  return new PortcullisError(MFA_FAILED, reason);
}
