import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './http-client.js';
import type { Credential, Target } from './ledger.js';
import type { SoakProcess } from './soak-process.js';
import { claimsOf, headOf } from './token-parts.js';
import type { Tools } from './tools.js';

/** So much later nobody takes a code that was used for one that is asked for twice at the same time, whatever the clocks say. Milliseconds. */
const NO_RACE = 1_000;

/** Whose grant it is, and what came of its login and its code. */
interface Granted {
  readonly subject: string;
  readonly clientId: string;
  readonly sessionId: string;
  /** By which it was redeemed. */
  readonly code: Readonly<Record<string, string>>;
}

/** What users do who let clients act for them, and clients with that. */
export class GrantOperations {
  readonly #used = new Set<string>();
  #rotations = 0;

  constructor(private readonly tools: Tools) {}

  /** The whole code flow: in a browser at one process, and redeemed at another; half of them for clients that act for others already. */
  async begin(
    process: SoakProcess,
    redeemer: SoakProcess,
    subject: string,
    lot: number,
  ): Promise<Credential | undefined> {
    const known =
      lot < 0.5
        ? (this.tools.one('grant token', lot * 2)?.facts.granted as Granted | undefined)?.clientId
        : undefined;
    const clientId = known ?? (await this.#makeClient(process));
    if (typeof clientId !== 'string') return undefined;
    const flow = await process.ask({ method: 'POST', path: '/codes', body: { subject, clientId } });
    const { sessionId, ...redemption } = flow.body as Record<string, string>;
    if (sessionId === undefined) return undefined;
    const code = { grant_type: 'authorization_code', client_id: clientId, ...redemption };
    const answer = await redeemer.ask({ method: 'POST', path: '/oauth/token', form: code });
    const made = { asked: flow.asked, answered: answer.answered };
    return this.#keep({ ...answer, ...made }, redeemer, { subject, clientId, sessionId, code });
  }

  /** Once with each. */
  async refresh(process: SoakProcess, lot: number): Promise<void> {
    const used = this.tools.one('grant refresh token', lot, ({ name }) => !this.#used.has(name));
    if (used === undefined) return;
    this.#used.add(used.name);
    const { rotation, refreshToken, granted } = used.facts as { granted: Granted } & Record<string, string>;
    this.tools.mayEnd(process, `rotation:${rotation}`);
    const form = {
      grant_type: 'refresh_token',
      client_id: granted.clientId,
      refresh_token: `${refreshToken}`,
    };
    const answer = await process.ask({ method: 'POST', path: '/oauth/token', form });
    this.#keep(answer, process, granted, used.login ?? used);
  }

  /** Whoever comes with a code that was used ends what came of it. By a client of its own, so that nothing else does meanwhile. */
  async replay(process: SoakProcess, redeemer: SoakProcess, subject: string): Promise<void> {
    const token = await this.begin(redeemer, redeemer, subject, 1);
    await pause(NO_RACE);
    if (token === undefined || !this.tools.isAlive(token)) return;
    const { granted, grantId } = token.facts as { granted: Granted; grantId: string };
    const question = { method: 'POST', path: '/oauth/token', form: granted.code } as const;
    await this.tools.end(process, `grant:${grantId}`, question, isInvalidGrant);
  }

  async #makeClient(process: SoakProcess): Promise<unknown> {
    return (await process.ask({ method: 'POST', path: '/oauth-clients/browser' })).body.clientId;
  }

  #keep(
    answer: Answer,
    process: SoakProcess,
    granted: Granted,
    login?: Pick<Credential, 'asked' | 'answered'>,
  ): Credential | undefined {
    const { access_token: accessToken, refresh_token: refreshToken } = answer.body as Record<string, string>;
    if (accessToken === undefined) return undefined;
    const { iat, jti, grant_id: grantId } = claimsOf(accessToken);
    const { subject, clientId, sessionId } = granted;
    const rotation = `${grantId}.${++this.#rotations}`;
    const ends: readonly Target[] = [
      `grant:${grantId}`,
      `consent:${subject}/${clientId}`,
      `disabled-client:${clientId}`,
      `deleted-client:${clientId}`,
      `login:${sessionId}`,
      `session:${sessionId}`,
      `logins-of:${subject}`,
      `user:${subject}`,
    ];
    const rest = login && { login };
    const token = this.tools.add(answer, process, {
      kind: 'grant token',
      path: '/user',
      headers: { authorization: `Bearer ${accessToken}` },
      endedBy: [...ends, `token:${jti}`, 'signing-keys:'],
      facts: { grantId, granted, iat, kid: headOf(accessToken).kid },
      ...rest,
    });
    this.tools.add(answer, process, {
      kind: 'grant refresh token',
      path: '/grant',
      headers: { 'x-refresh-token': `${refreshToken}` },
      endedBy: [...ends, `rotation:${rotation}`],
      facts: { grantId, granted, rotation, refreshToken },
      ...rest,
    });
    return token;
  }
}

function isInvalidGrant({ status, body }: Answer): boolean {
  return status === 400 && body.error === 'invalid_grant';
}
