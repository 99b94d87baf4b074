import { TestPasskeyDevice } from '@portcullis/testing';
import { type Burst, heldBack, inParallel, pipelined, type Shot } from '../support/bursts.js';
import { MfaClient, type Ticket } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { ORIGIN, passkeyApp } from './passkey-app.js';
import { PasskeyClient } from './passkey-client.js';

/** The way in which most of them are under way when the first is decided. */
const HELD_BACK = 'with bodies held back';
const ways: Record<string, Burst> = { 'in parallel': inParallel, pipelined, [HELD_BACK]: heldBack };
/** Points that ban: two wrong codes are as many. */
const STRIKE_LIMIT = 20;
const OFFICE = '203.0.113.1';

describeOnPlatforms('limits of what is guessed at once at logins on %s', (running) => {
  const client = new MfaClient(running);
  let last = 0;

  beforeAll(() => {
    client.clock.stop();
    return running.start(
      passkeyApp({
        portcullis: {
          ...{ bans: { strikeLimit: STRIKE_LIMIT }, trustedProxies: ['127.0.0.1'], now: client.clock.now },
        },
      }),
    );
  });

  const shot = (path: string, body: object, headers = {}): Shot => ({
    ...{ method: 'POST', path: `/auth/${path}`, body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json', ...headers },
  });
  const enrolled = async () => {
    const name = `user-${last}`;
    await running.app.get(Users, { strict: false }).add(name);
    return { name, ...(await client.enrolled(name)) };
  };
  const from = (host: number) => ({ 'x-forwarded-for': `203.0.${last}.${host}` });
  const atTicket = async (factor: 'totp' | 'recovery-codes') => {
    const { name, app } = await enrolled();
    const { ticket } = await client.login<Ticket>(name, from(2));
    const code = factor === 'totp' ? app.wrong() : 'aaaaa-aaaaa-aaaaa-aaaaa';
    return () => shot('mfa', { ticket, factor, code });
  };
  /** What is guessed, and how many get a verdict: as many as reach the limit, where nothing else is lower. */
  const guesses: Record<string, { verdicts: number; prepare: () => Promise<(index: number) => Shot> }> = {
    'refresh tokens': {
      verdicts: 3 * STRIKE_LIMIT,
      prepare: async () => (index) => shot('refresh', { refresh_token: `guess ${index}` }),
    },
    'login tickets': {
      verdicts: 2,
      prepare: async () => (index) =>
        shot('mfa', { ticket: `guess ${index}`, factor: 'totp', code: '000000' }),
    },
    'codes at a ticket': { verdicts: 2, prepare: () => atTicket('totp') },
    'recovery codes at a ticket': { verdicts: 2, prepare: () => atTicket('recovery-codes') },
    // Who is logged in has five guesses at a factor, wherever they come from.
    'codes to step up': {
      verdicts: 4,
      prepare: async () => {
        const { name, app } = await enrolled();
        const tokens = await client.loginWith(app, name);
        return () => shot('step-up', { factor: 'totp', code: app.wrong() }, client.as(tokens));
      },
    },
    passkeys: {
      verdicts: 2,
      prepare: async () => {
        const options = await new PasskeyClient(running).loginOptions();
        const passkey = new TestPasskeyDevice({ origin: ORIGIN }).get(options);
        return () => shot('passkey-login', { passkey });
      },
    },
  };

  it.each(
    Object.entries(guesses).flatMap(([what, guess]) =>
      Object.entries(what === 'refresh tokens' ? ways : { [HELD_BACK]: heldBack }).map(([way, burst]) => ({
        ...{ what, way, burst },
        ...guess,
      })),
    ),
  )(
    'give no more verdicts on $what than they allow: many of them $way',
    async ({ burst, verdicts, prepare }) => {
      last++;
      const guess = await prepare();
      const statuses = await burst(
        running.url,
        Array.from({ length: verdicts + 20 }, (_, index) => {
          const made = guess(index);
          return { ...made, headers: { ...made.headers, ...from(1) } };
        }),
      );
      // An address that is banned by then may have its connection closed.
      expect(statuses.filter((status) => status !== 403)).toEqual(
        Array.from({ length: verdicts }, () => 401),
      );
      expect(statuses).toContain(403);
    },
  );

  it('let in everybody who is right, more of them at once than may be wrong', async () => {
    const people: Awaited<ReturnType<typeof enrolled>>[] = [];
    for (let count = 0; count < 6; count++) {
      last++;
      people.push(await enrolled());
    }
    client.clock.forward(60);
    const office = { 'x-forwarded-for': OFFICE };
    const rights = await Promise.all(
      people.map(async ({ name, app }) => {
        const { ticket } = await client.login<Ticket>(name, office);
        return shot('mfa', { ticket, factor: 'totp', code: app.code() }, office);
      }),
    );
    expect(await heldBack(running.url, rights)).toEqual(rights.map(() => 200));
  });
});
