import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { UserIdentity } from '../identity/identity.js';
import { SessionService } from '../sessions/session-service.js';
import { WaysIn } from '../sessions/ways-in.js';
import type { FactorOwner, FactorRecord, FactorStore } from './factor.store.js';
import { FactorKinds } from './factor-kinds.js';
import { FactorProving } from './factor-proving.js';
import { FactorVault } from './factor-vault.js';
import { FreshLogins } from './fresh-logins.js';
import { FACTOR_ADDED, FACTOR_REMOVED, type FactorFacts } from './mfa-events.js';
import { isEnrolled } from './mfa-gate.js';
import { MfaPolicies } from './mfa-policies.js';
import { FACTOR_CONFLICT } from './mfa-refusals.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';
import { RECOVERY_KIND } from './recovery-code-format.js';
import { RecoveryCodes } from './recovery-codes.js';

/** A factor as its user, or an admin, may see it. Times are milliseconds since the epoch. */
export type Factor = Pick<FactorRecord, 'id' | 'kind' | 'name' | 'createdAt' | 'lastUsedAt'> & {
  /** How many recovery codes are left. */
  readonly left?: number;
};

/** A factor that its user has proven already, as a passkey is when it is registered. */
export type NewFactor = Pick<
  FactorRecord,
  'id' | 'issuer' | 'subject' | 'kind' | 'name' | 'handle' | 'data' | 'position'
>;

/** How many factors a user may have: codes and passkeys for a few devices. */
const MOST_CONFIRMED = 20;
/** What those are called by which people log in alone. */
const WAY_IN = 'factors';
/** How many are read at once. */
const PAGE = 200;

/** The factors of users. */
@Injectable()
export class FactorService {
  readonly #store: FactorStore;

  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly kinds: FactorKinds,
    private readonly vault: FactorVault,
    private readonly proving: FactorProving,
    private readonly policies: MfaPolicies,
    private readonly recovery: RecoveryCodes,
    private readonly logins: FreshLogins,
    private readonly sessions: SessionService,
    private readonly waysIn: WaysIn,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.factors;
    waysIn.add(WAY_IN, (owner) => this.#logsIn(owner));
  }

  /** The confirmed factors of a user, oldest first. @throws PortcullisError `temporarily_unavailable` */
  async list(owner: FactorOwner): Promise<readonly Factor[]> {
    const confirmed = await this.proving.confirmedOf(owner);
    return Promise.all(
      confirmed.map(async ({ id, kind, name, createdAt, lastUsedAt }) => ({
        ...{ id, kind, name, createdAt, lastUsedAt },
        ...(kind === RECOVERY_KIND && {
          left: await this.#store.countCodes(id),
        }),
      })),
    );
  }

  /**
   * To be called before a factor is added, or removed by its user: a login of at most five minutes, by a factor where there is one, or else
   * by whatever there is.
   *
   * @throws PortcullisError `insufficient_user_authentication`; `access_token_required` for a personal token
   */
  demandFreshLogin(user: UserIdentity): Promise<void> {
    return this.logins.demand(user);
  }

  /** @throws PortcullisError `factor_conflict` where the user has as many factors as there may be */
  async demandRoom(owner: FactorOwner): Promise<void> {
    const confirmed = await this.proving.confirmedOf(owner);
    if (confirmed.filter(({ kind }) => kind !== RECOVERY_KIND).length >= MOST_CONFIRMED)
      throw new PortcullisError(FACTOR_CONFLICT, `${owner.subject} has ${MOST_CONFIRMED} factors already`);
  }

  /**
   * Keeps a factor that is proven already.
   *
   * @returns the user's first recovery codes, which are shown here once; undefined where there are some
   * @throws PortcullisError `factor_conflict`; `temporarily_unavailable` where it can't be kept, or its handle is taken
   */
  async add(factor: NewFactor, from: Omit<Actor, 'actor'>): Promise<readonly string[] | undefined> {
    await this.demandRoom(factor);
    const at = this.settings.now();
    await this.#store.insert({ ...factor, createdAt: at, confirmedAt: at, lastUsedAt: null });
    return this.noteAdded(factor, from);
  }

  /**
   * Makes known that a factor has been confirmed.
   *
   * @returns the user's first recovery codes, which are shown here once; undefined where there are some
   */
  async noteAdded(
    factor: Pick<FactorRecord, 'id' | 'issuer' | 'subject' | 'kind'>,
    from: Omit<Actor, 'actor'>,
  ): Promise<readonly string[] | undefined> {
    this.events.emit(FACTOR_ADDED, { ...factsOf(factor), ...actorOf({ ...from, actor: factor.subject }) });
    return this.recovery.make(factor);
  }

  /**
   * Removes a factor, and the recovery codes with the last one.
   *
   * @param isForced also the last one of a user who must have one: they then have to enrol at their next login
   * @returns whether the user had it
   * @throws PortcullisError `factor_conflict` where it is the last one of a user who must have one, or the last way to log in
   */
  async remove(
    { issuer, subject }: FactorOwner,
    id: string,
    { isForced = false, ...who }: Actor & { readonly isForced?: boolean },
  ): Promise<boolean> {
    const factor = await this.#store.find(id);
    if (factor === undefined || factor.issuer !== issuer || factor.subject !== subject) return false;
    if (!(await this.#remove(factor, isForced))) {
      if ((await this.#store.find(id)) === undefined) return false;
      const reason = `${subject} must have a factor, or has no other way to log in, and this is the last one`;
      throw new PortcullisError(FACTOR_CONFLICT, reason);
    }
    if (factor.confirmedAt !== null)
      this.events.emit(FACTOR_REMOVED, { ...factsOf(factor), ...actorOf(who) });
    if (!isEnrolled(await this.proving.confirmedOf(factor))) await this.recovery.forget(factor);
    return true;
  }

  /** @returns whether it was removed by this call */
  async #remove(factor: FactorRecord, isForced: boolean): Promise<boolean> {
    const remove = (kept: readonly string[]) => this.#store.remove(factor.id, kept);
    if (isForced) return remove([]);
    const isDemanded = (await this.policies.requirementOf(factor.subject)) === 'always';
    const demanded = isDemanded
      ? this.kinds.all.map(({ kind }) => kind).filter((kind) => kind !== RECOVERY_KIND)
      : [];
    const { logins } = this.kinds;
    if (!logins.includes(factor.kind) || !this.waysIn.arePasswordsKnown) return remove(demanded);
    return this.waysIn.whileRemoving(factor, WAY_IN, (hasAnother) => remove(hasAnother ? demanded : logins));
  }

  async #logsIn(owner: FactorOwner): Promise<boolean> {
    const { logins } = this.kinds;
    return (await this.proving.confirmedOf(owner)).some(({ kind }) => logins.includes(kind));
  }

  /**
   * Ends the sessions of a user but for one, as they have asked for with a change of their factors.
   *
   * @param current the session that goes on; undefined for none
   * @throws PortcullisError `temporarily_unavailable` as `SessionService.endAllOf` says
   */
  async endOtherSessions(
    { issuer, subject }: FactorOwner,
    current: string | undefined,
    who: Actor,
  ): Promise<void> {
    const except = current !== undefined && { except: current };
    await this.sessions.endAllOf(subject, { issuer, ...except, ...who, reason: 'a factor was changed' });
  }

  /** Whose factor it is; undefined where there is none. */
  async ownerOf(id: string): Promise<FactorOwner | undefined> {
    return this.#store.find(id);
  }

  /**
   * Removes a factor of anybody, also the last one of a user who must have one: for whoever runs the app.
   *
   * @returns whether it was there
   */
  async removeAny(id: string, who: Actor): Promise<boolean> {
    const factor = await this.#store.find(id);
    return factor !== undefined && (await this.remove(factor, id, { ...who, isForced: true }));
  }

  /**
   * Seals the secrets of all factors with the first of the `keyEncryptionKeys`, so that the others can be taken away.
   *
   * @returns how many were sealed anew
   * @throws PortcullisError `temporarily_unavailable` where one of them can't be opened, or kept
   */
  async reseal(): Promise<number> {
    let [count, after]: [number, string | undefined] = [0, undefined];
    for (;;) {
      const page: readonly FactorRecord[] = await this.#store.listAll(after, PAGE);
      for (const factor of page) {
        const data = await this.vault.reseal(factor);
        if (data === undefined) continue;
        if (await this.#store.replaceData(factor.id, factor.data, data)) count++;
      }
      after = page.at(-1)?.id;
      if (after === undefined) return count;
    }
  }

  /**
   * Makes new recovery codes in the place of those that there are.
   *
   * @returns the codes, which are shown here once
   * @throws PortcullisError `factor_conflict` where there is no factor that they could stand in for
   */
  async renewRecoveryCodes(owner: FactorOwner): Promise<readonly string[]> {
    if (!isEnrolled(await this.proving.confirmedOf(owner)))
      throw new PortcullisError(FACTOR_CONFLICT, `${owner.subject} has no factor to recover`);
    return this.recovery.renew(owner);
  }
}

function factsOf({ id, kind, subject }: Pick<FactorRecord, 'id' | 'kind' | 'subject'>): FactorFacts {
  return { factorId: id, factor: kind, subject };
}
