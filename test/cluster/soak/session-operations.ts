import type { Answer } from './http-client.js';
import type { Credential } from './ledger.js';
import type { SoakProcess } from './soak-process.js';
import { claimsOf, headOf } from './token-parts.js';
import type { Tools } from './tools.js';

/** Whose session it is; and when the login was, for what a refresh gives. */
interface Whose {
  readonly subject: string;
  readonly clientId: string;
  readonly login?: Pick<Credential, 'asked' | 'answered'>;
}

/** What users do with logins that go on. */
export class SessionOperations {
  readonly #used = new Set<string>();
  #rotations = 0;

  constructor(private readonly tools: Tools) {}

  /** @returns the access token and the refresh token; none where the login was refused, or nobody knows */
  async begin(
    process: SoakProcess,
    subject: string,
    clientId: string,
  ): Promise<readonly [access?: Credential, refresh?: Credential]> {
    const answer = await process.ask({ method: 'POST', path: '/logins', body: { subject, clientId } });
    return this.#keep(answer, process, { subject, clientId });
  }

  /** Once with each: within grace the one that was used is accepted, afterwards not, and a much older one would end the session. */
  async refresh(process: SoakProcess, lot: number): Promise<void> {
    const used = this.tools.one('refresh token', lot, ({ name }) => !this.#used.has(name));
    if (used === undefined) return;
    this.#used.add(used.name);
    const { subject, clientId, rotation, refreshToken } = used.facts as Record<string, string>;
    this.tools.mayEnd(process, `rotation:${rotation}`);
    const answer = await process.ask({ method: 'POST', path: '/refreshes', body: { refreshToken } });
    this.#keep(answer, process, {
      subject: `${subject}`,
      clientId: `${clientId}`,
      login: used.login ?? used,
    });
  }

  #keep(
    answer: Answer,
    process: SoakProcess,
    { subject, clientId, ...rest }: Whose,
  ): readonly [access?: Credential, refresh?: Credential] {
    const { accessToken, refreshToken, sessionId } = answer.body as Record<string, string>;
    if (accessToken === undefined) return [];
    const { iat, jti } = claimsOf(accessToken);
    const rotation = `${sessionId}.${++this.#rotations}`;
    const ends = [
      `login:${sessionId}`,
      `session:${sessionId}`,
      `logins-of:${subject}`,
      `user:${subject}`,
      `client:${clientId}`,
    ] as const;
    const facts = { subject, clientId, sessionId };
    return [
      this.tools.add(answer, process, {
        kind: 'session token',
        path: '/user',
        headers: { authorization: `Bearer ${accessToken}` },
        endedBy: [...ends, `token:${jti}`, 'signing-keys:'],
        facts: { ...facts, iat, kid: headOf(accessToken).kid },
        ...rest,
      }),
      this.tools.add(answer, process, {
        kind: 'refresh token',
        path: '/login',
        headers: { 'x-refresh-token': `${refreshToken}` },
        endedBy: [...ends, `rotation:${rotation}`],
        facts: { ...facts, rotation, refreshToken },
        ...rest,
      }),
    ];
  }
}
