import {
  type LoginFactor,
  PortcullisAdminModule,
  PortcullisMfaModule,
  type PortcullisModuleOptions,
  PortcullisPersonalTokensModule,
  PortcullisSessionsModule,
  type PortcullisSessionsOptions,
  stepAt,
  type TotpParameters,
  totpCodeOf,
} from '@portcullis/auth';
import { TestClock } from './clock.js';
import { noStrikes, ownTokens } from './credentials.js';
import { PlainRoutesController } from './plain-routes.js';
import type { RunningApp } from './running-app.js';
import { PASSWORD, QUICK_HASHER, Users, UsersModule } from './users.js';

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly session_id: string;
}

export interface Ticket {
  readonly next: 'mfa' | 'enrol';
  readonly ticket: string;
  readonly factors: readonly LoginFactor[];
  readonly expires_in: number;
}

/** An authenticator app. */
export class Authenticator {
  readonly #secret: Buffer;

  constructor(
    readonly id: string,
    secret: string,
    readonly now: () => number,
    readonly parameters: TotpParameters = { algorithm: 'SHA1', digits: 6 },
  ) {
    this.#secret = fromBase32(secret);
  }

  /**
   * Each works once, and by a clock that goes on the one before now may be over when it arrives: there, enrol by this one and go on by the
   * next.
   *
   * @param steps from now on, or back
   */
  code(steps = 0): string {
    return totpCodeOf(this.#secret, stepAt(this.now()) + steps, this.parameters);
  }

  /** A code of no step that would be taken. */
  wrong(): string {
    const taken = [-2, -1, 0, 1, 2].map((steps) => this.code(steps));
    for (let number = 0; ; number++) {
      const code = String(number).padStart(6, '0');
      if (!taken.includes(code)) return code;
    }
  }
}

export function claimsIn({ access_token }: Pick<Tokens, 'access_token'>): Record<string, unknown> {
  return JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString());
}

/** A front end of an app in which people have second factors. */
export class MfaClient {
  readonly clock = new TestClock();

  constructor(readonly running: RunningApp) {}

  async start(
    portcullis: Partial<PortcullisModuleOptions> = {},
    routes: Partial<PortcullisSessionsOptions> = {},
  ): Promise<void> {
    // No code of a test is over before it arrives.
    this.clock.beginMinute();
    const register = (clientId: string) =>
      PortcullisSessionsModule.register({ users: Users, imports: [UsersModule], clientId, ...routes });
    const other = PortcullisSessionsModule.register({
      ...{ users: Users, imports: [UsersModule], clientId: 'other', path: 'other' },
    });
    await this.running.start({
      portcullis: {
        ...{ tokens: ownTokens, bans: noStrikes, passwords: { hasher: QUICK_HASHER }, now: this.clock.now },
        ...portcullis,
      },
      imports: [
        UsersModule,
        PortcullisMfaModule.register({ sessions: register('web') }),
        PortcullisMfaModule.register({ sessions: other, path: 'other' }),
        PortcullisAdminModule.register(),
        PortcullisPersonalTokensModule.register(),
      ],
      controllers: [PlainRoutesController],
    });
    for (const name of ['ada', 'bob']) await this.running.app.get(Users, { strict: false }).add(name);
  }

  post(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.running.send('POST', `/auth/${path}`, headers, body);
  }

  as({ access_token }: Pick<Tokens, 'access_token'>): Record<string, string> {
    return { authorization: `Bearer ${access_token}` };
  }

  async login<Answer = Tokens & Ticket>(
    username = 'ada',
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await this.post('login', { username, password: PASSWORD }, headers);
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  }

  /** Enrols an authenticator app in a session. */
  async enrol(tokens: Tokens): Promise<{ readonly app: Authenticator; readonly recoveryCodes: string[] }> {
    const { id, secret } = await this.begin(tokens);
    const app = new Authenticator(id, secret, this.clock.now);
    const confirmed = await this.post(`factors/${id}/confirm`, { code: app.code(-1) }, this.as(tokens));
    expect(confirmed.status).toBe(200);
    const { recovery_codes: recoveryCodes = [] } = (await confirmed.json()) as { recovery_codes?: string[] };
    return { app, recoveryCodes };
  }

  async begin(tokens: Tokens): Promise<{ id: string; secret: string; uri: string; qr: string }> {
    const begun = await this.post('factors/totp', {}, this.as(tokens));
    expect(begun.status).toBe(201);
    return (await begun.json()) as never;
  }

  /** Somebody with an authenticator app. */
  async enrolled(username = 'ada') {
    return this.enrol(await this.login(username));
  }

  prove(ticket: Ticket, code: string, factor = 'totp', headers = {}): Promise<Response> {
    return this.post('mfa', { ticket: ticket.ticket, factor, code }, headers);
  }

  /** Logs in by password and code. */
  async loginWith(app: Authenticator, username = 'ada'): Promise<Tokens> {
    // The code of this step may be used up.
    this.clock.forward(60);
    const response = await this.prove(await this.login(username), app.code());
    expect(response.status).toBe(200);
    return (await response.json()) as Tokens;
  }
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
