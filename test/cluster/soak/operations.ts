import { setTimeout as pause } from 'node:timers/promises';
import { ClientOperations } from './client-operations.js';
import { FactorOperations } from './factor-operations.js';
import { GrantOperations } from './grant-operations.js';
import type { Answer, Question } from './http-client.js';
import { isAccepted, type Judge } from './judge.js';
import type { Credential, Decision, Ledger, Made, Target } from './ledger.js';
import type { Presenter } from './presenter.js';
import type { Random } from './random.js';
import { SessionOperations } from './session-operations.js';
import type { SoakProcess } from './soak-process.js';
import { claimsOf, headOf } from './token-parts.js';
import type { Tools } from './tools.js';

/** How often each is done, beside the others. */
const WEIGHTS = {
  'log in': 30,
  refresh: 12,
  'log in, revoke user, log in': 14,
  'begin session': 14,
  'refresh session': 12,
  'end session': 8,
  'end all sessions, begin session': 5,
  'make API key': 8,
  'make personal token': 6,
  'revoke token': 10,
  'revoke session': 8,
  'revoke user': 5,
  'revoke client': 3,
  'revoke API key': 8,
  ban: 4,
  'lift ban': 3,
  'make OAuth client': 5,
  'get client token': 10,
  'rotate client secret': 5,
  'disable OAuth client': 5,
  'delete OAuth client': 3,
  'begin grant': 14,
  'refresh grant': 8,
  'replay code': 5,
  'end grant': 4,
  'withdraw consent': 4,
  'add factor': 8,
  'remove factor': 4,
  'renew recovery codes': 7,
  'rotate signing keys': 1,
  'replace signing keys': 0.5,
} as const;
type Operation = keyof typeof WEIGHTS;
type Revocable =
  | 'token'
  | 'session'
  | 'login'
  | 'key'
  | 'disabled-client'
  | 'deleted-client'
  | 'grant'
  | 'consent';

const USERS = 8;
/** All that these have is ended again and again; what the others have lives until it is ended by itself. */
const RESTLESS_USERS = 4;
const CLIENTS = 3;
/** Milliseconds into the next second by the clock that is ahead. By the one that is behind it has not begun then. */
const JUST_BEGUN = 10;
/** As many at a time that some are kept and not yet told of when their process is killed. */
const MANY = 8;
/** Milliseconds between two of them in a row. */
const IN_A_ROW = 25;

/** Does what users and operators do, at processes drawn by lot, and writes down what came of it. */
export class Operations {
  readonly counts = new Map<Operation, number>();
  #round = 0;
  #made = 0;
  /** What was made in this round. */
  #present: Credential[] = [];
  readonly #tools: Tools = {
    add: (answer, process, what) => this.#add(answer, process, what),
    one: (kind, lot, isMeant) => this.#one(kind, lot, isMeant),
    isAlive: (credential) => !this.ledger.mayBeEnded(credential),
    mayEnd: (process, target) => void this.ledger.begin(target, process.name),
    end: async (...what) => (await this.#end(...what)).answer,
  };
  readonly #sessions = new SessionOperations(this.#tools);
  readonly #clients = new ClientOperations(this.#tools);
  readonly #grants = new GrantOperations(this.#tools);
  readonly #factors = new FactorOperations(this.#tools);

  constructor(
    private readonly random: Random,
    private readonly processes: readonly SoakProcess[],
    private readonly ledger: Ledger,
    private readonly judge: Judge,
    private readonly presenter: Presenter,
  ) {}

  /** From now on with other users, clients and sessions: what nobody knows of the former ones no longer matters. */
  nextRound(): void {
    this.#round++;
    this.#present = [];
  }

  /** Draws everything now, so that the sequence does not depend on who answers when. */
  next(): Promise<unknown> {
    const operation = this.random.weighted(WEIGHTS);
    const process = this.random.pick(this.processes);
    const other = this.random.pick(this.processes);
    const number = Math.floor(this.random.between(0, USERS));
    const subject = `user-${this.#round}-${number}`;
    const restless = `user-${this.#round}-${number % RESTLESS_USERS}`;
    const clientId = `client-${this.#round}-${Math.floor(this.random.between(0, CLIENTS))}`;
    const lot = this.random.next();
    if (!process.isUp || !other.isUp) return Promise.resolve();
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    switch (operation) {
      case 'log in':
        return this.logIn(process, subject, clientId);
      case 'refresh': {
        const token = this.#one('token', lot);
        const { subject: user, clientId: client, sessionId } = (token?.facts ?? {}) as Record<string, string>;
        return this.logIn(process, user ?? subject, client ?? clientId, sessionId);
      }
      case 'log in, revoke user, log in':
        return lot < 0.3
          ? this.#strike(other, process, restless, clientId)
          : this.#strikeBetweenSeconds(clientId);
      case 'begin session':
        return this.#sessions.begin(process, subject, clientId);
      case 'refresh session':
        return this.#sessions.refresh(process, lot);
      case 'end session':
        return this.#revokeOne(process, lot < 0.5 ? 'session token' : 'refresh token', 'login', lot);
      case 'end all sessions, begin session':
        return this.#endAll(other, process, restless, clientId);
      case 'make API key':
        return this.#makeKey(process);
      case 'make personal token':
        return this.#makePersonalToken(process, subject, clientId);
      case 'revoke token':
        return this.#revokeOne(process, 'token', 'token', lot);
      case 'revoke session':
        return this.#revokeOne(process, 'token', 'session', lot);
      case 'revoke user':
        return this.revoke(process, `user:${restless}`);
      case 'revoke client':
        return this.revoke(process, `client:${clientId}`);
      case 'revoke API key':
        return this.#revokeOne(process, lot < 0.7 ? 'API key' : 'personal token', 'key', lot);
      case 'ban':
        return this.#ban(process);
      case 'lift ban':
        return this.#liftBan(process, lot);
      case 'make OAuth client':
        return this.#clients.make(process);
      case 'get client token':
        return this.#clients.getToken(process, lot);
      case 'rotate client secret':
        return this.#clients.rotate(process, lot);
      case 'disable OAuth client':
        return this.#revokeOne(process, lot < 0.5 ? 'client token' : 'grant token', 'disabled-client', lot);
      case 'delete OAuth client':
        return this.#revokeOne(process, lot < 0.5 ? 'client token' : 'grant token', 'deleted-client', lot);
      case 'begin grant':
        return this.#grants.begin(process, other, subject, lot);
      case 'refresh grant':
        return this.#grants.refresh(process, lot);
      case 'replay code':
        return this.#grants.replay(process, other, `replayed-${this.#round}`);
      case 'end grant':
        return this.#revokeOne(process, 'grant token', 'grant', lot);
      case 'withdraw consent':
        return this.#revokeOne(process, 'grant token', 'consent', lot);
      case 'add factor':
        return this.#factors.make(process);
      case 'remove factor':
        return this.#factors.remove(process, lot);
      case 'renew recovery codes':
        return this.#factors.renewCodes(process, lot);
      case 'rotate signing keys':
        return process.ask({ method: 'POST', path: '/signing-keys/rotate' });
      case 'replace signing keys':
        return this.revoke(process, 'signing-keys:');
    }
  }

  async logIn(
    process: SoakProcess,
    subject: string,
    clientId: string,
    sessionId = `session-${this.#round}-${++this.#made}`,
  ): Promise<Credential | undefined> {
    const answer = await process.ask({
      method: 'POST',
      path: '/tokens',
      body: { subject, clientId, sessionId },
    });
    const { accessToken, tokenId } = answer.body as { accessToken?: string; tokenId?: string };
    if (accessToken === undefined) return undefined;
    return this.#add(answer, process, {
      kind: 'token',
      path: '/user',
      headers: { authorization: `Bearer ${accessToken}` },
      endedBy: [
        `token:${tokenId}`,
        `session:${sessionId}`,
        `user:${subject}`,
        `client:${clientId}`,
        'signing-keys:',
      ],
      facts: { subject, clientId, sessionId, iat: claimsOf(accessToken).iat, kid: headOf(accessToken).kid },
    });
  }

  /** Ends several things at once that nobody has ended before. */
  async revokeSome(process: SoakProcess): Promise<void> {
    await Promise.all(this.#drawAlive().map((each) => this.revoke(process, each.endedBy[0] as Target)));
  }

  /** Ends one after another that nobody has ended before, sooner than anything is read again. */
  async revokeInARow(
    targets: readonly Target[] = this.#drawAlive().map(({ endedBy: [first] }) => first as Target),
  ): Promise<readonly Promise<Decision>[]> {
    const revoking: Promise<Decision>[] = [];
    for (const target of targets) {
      revoking.push(this.revoke(this.random.pick(this.processes), target));
      await pause(IN_A_ROW);
    }
    return revoking;
  }

  /**
   * Lets in users whom nobody else revokes, so that no later revocation hides what became of the first.
   *
   * @returns what they, or their tokens, are revoked by
   */
  async letInStrangers(process: SoakProcess, by: 'user' | 'token', many = MANY): Promise<readonly Target[]> {
    const subjects = Array.from({ length: many }, () => `stranger-${this.#round}-${++this.#made}`);
    const tokens = await Promise.all(subjects.map((subject) => this.logIn(process, subject, 'somewhere')));
    return tokens.flatMap((token) => token?.endedBy.find((each) => each.startsWith(`${by}:`)) ?? []);
  }

  /** Has something refused, and knows afterwards whether that is promised. */
  async revoke(process: SoakProcess, target: Target): Promise<Decision> {
    return (await this.#end(process, target, requestFor(target))).decision;
  }

  async #end(
    process: SoakProcess,
    target: Target,
    question: Question,
    isDone: (answer: Answer) => boolean = isAccepted,
  ) {
    const decision = this.ledger.begin(target, process.name);
    const answer = await process.ask(question);
    const { status, answered } = answer;
    const outcome = isDone(answer) ? 'acknowledged' : 'unknown';
    Object.assign(decision, { status, answered, outcome });
    if (outcome === 'acknowledged') void this.presenter.pursue(decision);
    return { answer, decision };
  }

  #drawAlive(): readonly Credential[] {
    const lots = Array.from({ length: MANY }, () => this.random.next());
    const alive = this.#present.filter((each) => each.kind !== 'address' && !this.ledger.mayBeEnded(each));
    const chosen = lots.map((lot) => alive[Math.floor(lot * alive.length)]);
    return [...new Set(chosen)].filter((each) => each !== undefined);
  }

  /** Whoever logs in again after all was revoked is let in at once; what was there before is not. */
  async #strike(one: SoakProcess, process: SoakProcess, subject: string, clientId: string): Promise<void> {
    await this.logIn(one, subject, clientId);
    const { outcome } = await this.revoke(process, `user:${subject}`);
    if (outcome !== 'acknowledged') return;
    await this.#demandLetIn(process, await this.logIn(process, subject, clientId));
  }

  /**
   * At the process whose clock is furthest ahead the next second has begun, and where the user is revoked it has not. Whoever was revoked
   * lately would have to wait for that to be over.
   */
  async #strikeBetweenSeconds(clientId: string): Promise<void> {
    const subject = `stranger-${this.#round}-${++this.#made}`;
    const byClock = this.processes
      .filter(({ isUp }) => isUp)
      .toSorted((one, other) => one.clockLead - other.clockLead);
    const [behind, ahead] = [byClock[0], byClock.at(-1)] as [SoakProcess, SoakProcess];
    await pause((2_000 + JUST_BEGUN - ahead.clockLead - (Date.now() % 1_000)) % 1_000);
    await this.#strike(ahead, behind, subject, clientId);
  }

  /** As after a new password. */
  async #endAll(one: SoakProcess, process: SoakProcess, subject: string, clientId: string): Promise<void> {
    await this.#sessions.begin(one, subject, clientId);
    const { outcome } = await this.revoke(process, `logins-of:${subject}`);
    if (outcome !== 'acknowledged') return;
    for (const again of await this.#sessions.begin(process, subject, clientId))
      await this.#demandLetIn(process, again);
  }

  async #demandLetIn(process: SoakProcess, again: Credential | undefined): Promise<void> {
    if (again === undefined) return;
    const seen = await this.presenter.present(again, process);
    if (seen.status !== 401 || this.ledger.mayBeEnded(again)) return;
    const what = `refused by ${process.name}, where its user logged in again after a revocation`;
    this.judge.report({ what, credential: again, sighting: seen });
  }

  async #makeKey(process: SoakProcess): Promise<void> {
    const answer = await process.ask({ method: 'POST', path: '/api-keys' });
    const { id, key } = answer.body as { id?: string; key?: string };
    if (key === undefined) return;
    this.#add(answer, process, {
      kind: 'API key',
      path: '/app',
      headers: { 'x-api-key': key },
      endedBy: [`key:${id}`],
      facts: { id },
    });
  }

  async #makePersonalToken(process: SoakProcess, subject: string, clientId: string): Promise<void> {
    const user = await this.logIn(process, subject, clientId);
    if (user === undefined) return;
    const answer = await process.ask({ method: 'POST', path: '/personal-tokens', headers: user.headers });
    const { id, key } = answer.body as { id?: string; key?: string };
    if (key === undefined) return;
    this.#add(answer, process, {
      kind: 'personal token',
      path: '/user',
      headers: { authorization: `Bearer ${key}` },
      endedBy: [`key:${id}`, `user:${subject}`],
      facts: { id, subject },
    });
  }

  async #revokeOne(
    process: SoakProcess,
    kind: Credential['kind'],
    by: Revocable,
    lot: number,
  ): Promise<void> {
    const isAlive = (each: Credential) => !this.ledger.mayBeEnded(each);
    // Where nothing is, what has ended is ended again.
    const one = this.#one(kind, lot, isAlive) ?? this.#one(kind, lot);
    const target = one?.endedBy.find((each) => each.startsWith(`${by}:`));
    if (target !== undefined) await this.revoke(process, target);
  }

  async #ban(process: SoakProcess): Promise<void> {
    const number = ++this.#made;
    const address = `11.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    const asked = performance.now();
    this.#add({ asked, answered: asked }, process, {
      kind: 'address',
      path: '/open',
      headers: { 'x-forwarded-for': address },
      endedBy: [`ban:${address}`],
      facts: { address },
    });
    await this.revoke(process, `ban:${address}`);
  }

  async #liftBan(process: SoakProcess, lot: number): Promise<void> {
    const address = this.#one('address', lot);
    const bans = address === undefined ? [] : this.ledger.decisionsAbout(address);
    if (address === undefined || bans.some(({ outcome }) => outcome !== 'acknowledged')) return;
    for (const ban of bans) ban.outcome = 'perhaps taken back';
    const answer = await process.ask({ method: 'DELETE', path: `/bans/${address.facts.address}` });
    if (answer.status === 200) for (const ban of bans) ban.outcome = 'taken back';
  }

  #one(
    kind: Credential['kind'],
    lot: number,
    isMeant: (credential: Credential) => boolean = () => true,
  ): Credential | undefined {
    const candidates = this.#present.filter((each) => each.kind === kind && isMeant(each));
    return candidates[Math.floor(lot * candidates.length)];
  }

  #add(
    { asked, answered }: Pick<Answer, 'asked' | 'answered'>,
    process: SoakProcess,
    what: Made,
  ): Credential {
    const name = `${what.kind} ${++this.#made}`;
    const credential = { ...what, name, madeBy: process.name, asked, answered, sightings: [] };
    this.#present.push(credential);
    this.ledger.add(credential);
    return credential;
  }
}

function requestFor(target: Target): Question {
  const [what, id] = [target.slice(0, target.indexOf(':')), target.slice(target.indexOf(':') + 1)];
  switch (what) {
    case 'signing-keys':
      return { method: 'POST', path: '/signing-keys/replace' };
    case 'ban':
      return { method: 'POST', path: `/bans/${id}` };
    case 'key':
      return { method: 'DELETE', path: `/api-keys/${id}` };
    case 'disabled-client':
      return { method: 'POST', path: `/oauth-clients/${id}/disable` };
    case 'deleted-client':
      return { method: 'DELETE', path: `/oauth-clients/${id}` };
    case 'logins-of':
      return { method: 'DELETE', path: `/logins-of/${id}` };
    default:
      return { method: 'DELETE', path: `/${what}s/${id}` };
  }
}
