import { DISTURBED } from './bounds.js';
import type { Question } from './http-client.js';

/**
 * What a credential can be ended by: `user:ada`, `session:4` as a `sid`, `login:4` as a session with its refresh token, `logins-of:ada`;
 * for a new signing key, which ends all tokens, `signing-keys:`; for a refresh token that was used, `rotation:4`; for a client's secret that
 * another one came in place of, `secret:4`; for what a user lets a client do, `consent:ada/client-1`; for recovery codes
 * that others came in place of, `codes:4`.
 */
export type Target = `${
  | 'token'
  | 'session'
  | 'login'
  | 'logins-of'
  | 'rotation'
  | 'user'
  | 'client'
  | 'disabled-client'
  | 'deleted-client'
  | 'secret'
  | 'grant'
  | 'consent'
  | 'factor'
  | 'codes'
  | 'key'
  | 'signing-keys'
  | 'ban'}:${string}`;

/** Something that may be let in: a token, a key, a factor, or an address. */
export interface Credential {
  readonly name: string;
  readonly kind:
    | 'token'
    | 'session token'
    | 'refresh token'
    | 'personal token'
    | 'API key'
    | 'client secret'
    | 'client token'
    | 'grant token'
    | 'grant refresh token'
    | 'factor'
    | 'recovery code'
    | 'address';
  /** Where it is presented, and how. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where it is not got but sent. */
  readonly sent?: Pick<Question, 'body' | 'form'>;
  readonly endedBy: readonly Target[];
  readonly facts: Readonly<Record<string, unknown>>;
  readonly madeBy: string;
  /** When it was asked for, and when it was there. */
  readonly asked: number;
  readonly answered: number;
  /** Of what a refresh gave: when its login was asked for, and when that was there. What ends logins ends all that comes of them. */
  readonly login?: Pick<Credential, 'asked' | 'answered'>;
  /** The last of its presentations. */
  readonly sightings: Sighting[];
}

/** What an operation says of what it has made. */
export type Made = Pick<Credential, 'kind' | 'path' | 'headers' | 'sent' | 'endedBy' | 'facts' | 'login'>;

/** One presentation of a credential, and what became of it. */
export interface Sighting {
  readonly process: string;
  readonly asked: number;
  readonly answered: number;
  readonly status: number;
}

/** That something is to be refused from now on. */
export interface Decision {
  readonly target: Target;
  readonly by: string;
  readonly asked: number;
  /** As long as it is under way, and when nobody knows what was done, it may hold or not. */
  outcome: 'under way' | 'acknowledged' | 'unknown' | 'perhaps taken back' | 'taken back';
  answered: number;
  status: number;
  /** From when on nothing comes of it any more, although nobody knows what was done, or a process may not have heard of it. */
  over: number;
}

/** These end whatever is there; the others end what they name, also what is made in its name later. */
const ENDS_WHAT_IS_THERE = /^(user|client|consent|logins-of|signing-keys):/;

const MOST_HOT = 60;

/** What was given out, and what was taken away. */
export class Ledger {
  readonly credentials: Credential[] = [];
  /** Those that something was decided about last. */
  readonly hot: Credential[] = [];
  readonly #decisions = new Map<Target, Decision[]>();
  readonly #byTarget = new Map<Target, Credential[]>();

  /** @param isToldApart whether others are told in another place than what is told is kept in */
  constructor(private readonly isToldApart: boolean) {}

  add(credential: Credential): void {
    this.credentials.push(credential);
    for (const target of credential.endedBy) push(this.#byTarget, target, credential);
    if (this.decisionsAbout(credential).length > 0) this.#heat([credential]);
  }

  begin(target: Target, by: string): Decision {
    const never = Number.POSITIVE_INFINITY;
    const asked = performance.now();
    const decision: Decision = {
      ...{ target, by, asked, outcome: 'under way', answered: never, status: 0, over: never },
    };
    push(this.#decisions, target, decision);
    this.#heat(this.#byTarget.get(target) ?? []);
    return decision;
  }

  /** All that has to do with a credential. */
  decisionsAbout(credential: Credential): readonly Decision[] {
    return credential.endedBy.flatMap((target) => this.#decisions.get(target) ?? []);
  }

  /** The acknowledged decisions that end a credential for good. */
  endsOf(credential: Credential): readonly Decision[] {
    return this.decisionsAbout(credential).filter(
      ({ outcome, target, asked }) =>
        outcome === 'acknowledged' &&
        (!ENDS_WHAT_IS_THERE.test(target) || madeAt(credential, target).answered < asked),
    );
  }

  /** Of each kind the newest that a decision has ended, and nothing else before. */
  newlyEndedBy(decision: Decision): readonly Credential[] {
    const newest = new Map<Credential['kind'], Credential>();
    for (const credential of this.#byTarget.get(decision.target) ?? []) {
      const [first, ...others] = this.endsOf(credential);
      if (first === decision && others.length === 0) newest.set(credential.kind, credential);
    }
    return [...newest.values()];
  }

  /** Where others are told apart, nothing is promised of bans that were lifted by who died in between. */
  mayBeTakenBack(credential: Credential): boolean {
    return (
      this.isToldApart &&
      this.decisionsAbout(credential).some(({ outcome }) => outcome === 'perhaps taken back')
    );
  }

  /** Whether anything may have ended it: otherwise it is to be accepted. */
  mayBeEnded(credential: Credential): boolean {
    return this.decisionsAbout(credential).some((decision) => !isPastOf(credential, decision));
  }

  /** All processes agree: whatever comes from now on is past all decisions so far. */
  settle(): void {
    for (const decision of [...this.#decisions.values()].flat())
      decision.over = Math.min(decision.over, performance.now());
  }

  #heat(credentials: readonly Credential[]): void {
    this.hot.push(...credentials.slice(-MOST_HOT));
    this.hot.splice(0, this.hot.length - MOST_HOT);
  }
}

/** The keys that sign a token are those of its own time, whenever its login was. */
function madeAt(credential: Credential, target: Target): Pick<Credential, 'asked' | 'answered'> {
  return target === 'signing-keys:' ? credential : (credential.login ?? credential);
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

/** Whether the credential came so long after the decision that it can't be meant. On the process itself that is at once. */
function isPastOf(credential: Credential, decision: Decision): boolean {
  const { outcome, target, by, answered, over } = decision;
  if (outcome === 'taken back') return true;
  if (!ENDS_WHAT_IS_THERE.test(target)) return false;
  const made = madeAt(credential, target);
  if (made.asked > over) return true;
  if (outcome !== 'acknowledged') return false;
  if (credential.madeBy === by) return made.asked > answered;
  // One that is cut off goes on issuing by the old key.
  return target !== 'signing-keys:' && made.asked > answered + DISTURBED;
}
