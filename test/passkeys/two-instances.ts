import { FactorService, SessionService, type Storage } from '@portcullis/auth';
import { TestPasskeyDevice } from '@portcullis/testing';
import { Authenticator } from '../support/mfa-client.js';
import { RunningApp } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { ORIGIN, passkeyApp } from './passkey-app.js';
import { type Answered, PasskeyClient } from './passkey-client.js';

export const KEYS = [Buffer.alloc(32, 7).toString('base64')];
const TIMES = 20;

/** Two instances that share what a storage keeps: one on each platform. */
export class TwoInstances {
  readonly #apps = [new RunningApp('express'), new RunningApp('fastify')] as const;
  readonly both = this.#apps.map((app) => new PasskeyClient(app)) as [PasskeyClient, PasskeyClient];

  async start(open: () => Storage): Promise<void> {
    for (const app of this.#apps) {
      await app.start(passkeyApp({ portcullis: { ...passkeyApp().portcullis, storage: open() } }));
      for (const name of NAMES) await app.app.get(Users, { strict: false }).add(name);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close()));
  }

  get app() {
    return this.#apps[0].app;
  }

  /** Asks both in turn, all at the same time. */
  async atOnce(ask: (client: PasskeyClient, index: number) => Promise<Answered>): Promise<Answered[]> {
    const asking = Array.from({ length: TIMES }, (_, index) =>
      ask(this.both[index % 2] as PasskeyClient, index),
    );
    return Promise.all(asking);
  }
}

/** One user for each test, for wrong codes count per user. */
const NAMES = ['ada', 'bob', 'cleo', 'dan', 'eve', 'fay'] as const;

const letIn = (answers: readonly Answered[]) => answers.filter(({ status }) => status === 200);

/** What holds for any storage that instances share. */
export function factorsHold(instances: TwoInstances): void {
  const [one, other] = instances.both;

  /** Somebody with an authenticator app, which they have enrolled on the first instance. */
  async function enrolled(username: string) {
    const { body: login } = await one.logIn(username);
    const { body: begun } = await one.post('factors/totp', {}, login.access_token);
    const app = new Authenticator(begun.id, begun.secret, Date.now);
    const confirmed = await one.post(`factors/${begun.id}/confirm`, { code: app.code() }, login.access_token);
    expect(confirmed.status).toBe(200);
    return { app, recoveryCodes: confirmed.body.recovery_codes as string[], session: login };
  }

  const tickets = async (username: string) =>
    (await instances.atOnce((client) => client.logIn(username))).map(({ body }) => body.ticket as string);

  it('a code of an authenticator app lets one in, however many tickets come with it', async () => {
    const { app } = await enrolled('ada');
    const waiting = await tickets('ada');
    const code = app.code(1);
    const answers = await instances.atOnce((client, index) =>
      client.post('mfa', { ticket: waiting[index], factor: 'totp', code }),
    );
    expect(letIn(answers)).toHaveLength(1);
    for (const client of instances.both) {
      const { body } = await client.logIn('ada');
      expect((await client.post('mfa', { ticket: body.ticket, factor: 'totp', code })).status).not.toBe(200);
    }
  }, 30_000);

  it('a recovery code lets one in', async () => {
    const { recoveryCodes } = await enrolled('bob');
    const waiting = await tickets('bob');
    const answers = await instances.atOnce((client, index) =>
      client.post('mfa', { ticket: waiting[index], factor: 'recovery-codes', code: recoveryCodes[0] }),
    );
    expect(letIn(answers)).toHaveLength(1);
    expect(letIn(answers)[0]?.body.recovery_codes_left).toBe(recoveryCodes.length - 1);
  }, 30_000);

  it('a ticket lets one in, with whatever codes', async () => {
    const { recoveryCodes } = await enrolled('cleo');
    const { ticket } = (await other.logIn('cleo')).body;
    const answers = await instances.atOnce((client, index) =>
      client.post('mfa', { ticket, factor: 'recovery-codes', code: recoveryCodes[index % 10] }),
    );
    expect(letIn(answers)).toHaveLength(1);
  }, 30_000);

  it('an answer of a passkey lets one in, for the challenge of either', async () => {
    const device = await one.firstDevice('dan', new TestPasskeyDevice({ origin: ORIGIN }));
    for (const client of instances.both) {
      const passkey = device.get(await client.loginOptions());
      const answers = await instances.atOnce((each) => each.post('passkey-login', { passkey }));
      expect(letIn(answers)).toHaveLength(1);
    }
    const { sessions } = await instances.app.get(SessionService).list({ subject: 'dan' });
    expect(sessions).toHaveLength(3);
  }, 30_000);

  it('a factor that was removed on one is asked for, and taken, on neither', async () => {
    const { app, session } = await enrolled('eve');
    const { ticket } = (await other.logIn('eve')).body;
    await instances.app.get(FactorService).removeAny(app.id, { actor: 'an admin' });
    const late = await other.post('mfa', { ticket, factor: app.id, code: app.code(1) });
    expect(late.status).toBe(401);
    for (const client of instances.both)
      expect((await client.logIn('eve')).body).toHaveProperty('access_token');
    const { body } = await other.send('GET', '/auth/factors', undefined, session.access_token);
    expect(body).toEqual({ factors: [] });
  }, 30_000);

  it('a new password on one ends what waits on the other, without a word between them', async () => {
    const { app } = await enrolled('fay');
    const waiting = (await other.logIn('fay')).body.ticket;
    await instances.app.get(SessionService).endAllOf('fay', { reason: 'new password' });
    const late = await other.post('mfa', { ticket: waiting, factor: 'totp', code: app.code(1) });
    expect([late.status, late.body.code]).toEqual([401, 'invalid_login_ticket']);
  }, 30_000);
}
