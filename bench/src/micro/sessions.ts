import { SESSION_STORE } from '../../../libs/auth/dist/sessions/session.store.js';
import { TokenVerifier } from '../../../libs/auth/dist/tokens/token-verifier.js';
import { SCOPES } from '../credentials/claims.js';
import { figureOf, quantile } from '../figures.js';
import type { MicroRow } from '../results.js';
import { compare } from './measure.js';
import { MOST_REFRESHES, SessionApp, USER } from './session-app.js';

const CALLS = 300;
const REFRESHES = 3_000;
const WARM_UP = 500;
const LISTS = 300;
const ADDRESS = '203.0.113.7';

/** What logging in, refreshing and listing cost. */
export async function measureSessions(rounds: number): Promise<MicroRow[]> {
  return [
    ...(await refreshes(rounds)),
    ...(await refreshesByClock('SQLite')),
    ...(process.env.DATABASE_URL === undefined ? [] : await refreshesByClock('PostgreSQL')),
    ...(await logins(rounds)),
    ...(await requests(rounds)),
    ...(await amongMany()),
  ];
}

/** A refresh against the one update that it makes. */
async function refreshes(rounds: number): Promise<MicroRow[]> {
  const measured = await SessionApp.start('SQLite');
  const { refresh, update } = await beginning(measured);
  const subjects = { Portcullis: refresh, 'the one update of the store': update };
  const rows = await compare('refresh, SQLite', subjects, { rounds, calls: CALLS });
  await measured.close();
  return rows;
}

/** The same by the clock, call by call in turn: a server's part of the work is in no CPU time of this process. */
async function refreshesByClock(place: 'SQLite' | 'PostgreSQL'): Promise<MicroRow[]> {
  const measured = await SessionApp.start(place);
  const { refresh, update } = await beginning(measured);
  const [refreshes, updates]: [number[], number[]] = [[], []];
  for (let index = 0; index < REFRESHES; index++) {
    refreshes.push(await timed(refresh));
    updates.push(await timed(update));
  }
  await measured.close();
  const [whole, part] = [refreshes, updates].map((times) => figureOf(times.slice(WARM_UP)).median) as [
    number,
    number,
  ];
  const name = `refresh, ${place}, by the clock`;
  const ratioTo = 'the one update of the store';
  return [
    { name, subject: 'Portcullis', nanoseconds: whole, ratio: whole / part, ratioTo },
    { name, subject: ratioTo, nanoseconds: part },
  ];
}

/** A session that is refreshed, and the one update of another one. */
async function beginning({ app, sessions }: SessionApp) {
  const store = app.get(SESSION_STORE.token);
  const login = () => sessions.start({ user: USER, clientId: 'web', amr: ['pwd'], address: ADDRESS });
  let { refreshToken } = await login();
  const other = await login();
  let generation = 0;
  return {
    refresh: async () => {
      ({ refreshToken } = await sessions.refresh(refreshToken, { address: ADDRESS }));
    },
    update: () => {
      const at = Date.now();
      const limit = { requests: MOST_REFRESHES, windowSeconds: 60 };
      const use = { at, from: ADDRESS, idleExpiresAt: at + 3_600_000, limit };
      return store.rotate(other.sessionId, generation++, use);
    },
  };
}

/** What a session's token costs with each request, against any other one of this issuer. */
async function requests(rounds: number): Promise<MicroRow[]> {
  const measured = await SessionApp.start('memory');
  const verifier = measured.app.get(TokenVerifier);
  const { accessToken: ofSession } = await measured.sessions.start({
    user: USER,
    clientId: 'web',
    amr: ['pwd'],
  });
  const { accessToken: own } = await measured.issuer.issue({
    subject: 'ada',
    clientId: 'web',
    scopes: SCOPES,
  });
  const rows = await compare(
    'token of a session, remembered',
    { Portcullis: () => verifier.verify(ofSession), 'any own token': () => verifier.verify(own) },
    { rounds, calls: CALLS * 100 },
  );
  await measured.close();
  return rows;
}

/** A login against the token that it issues: in memory, since a durable insert alone takes longer than all the rest. */
async function logins(rounds: number): Promise<MicroRow[]> {
  const measured = await SessionApp.start('memory');
  const { sessions, issuer } = measured;
  let users = 0;
  // Each by somebody else: who has as many sessions as there may be pays for the end of one.
  const login = () =>
    sessions.start({ user: { ...USER, subject: `user${users++}` }, clientId: 'web', amr: ['pwd'] });
  const rows = await compare(
    'login without hashing',
    { Portcullis: login, 'issue()': () => issuer.issue({ subject: 'ada', clientId: 'web', scopes: SCOPES }) },
    { rounds, calls: CALLS * 10 },
  );
  await measured.close();
  return rows;
}

/** By the clock. */
async function amongMany(): Promise<MicroRow[]> {
  const counts = [1_000_000, 10_000];
  const subjects = await Promise.all(
    counts.map(async (count) => {
      const measured = await SessionApp.start('SQLite');
      const user = { ...USER, subject: 'user3' };
      let last = await measured.sessions.start({ user, clientId: 'web', amr: ['pwd'] });
      await measured.fill(count);
      const refresh = async () => {
        last = await measured.sessions.refresh(last.refreshToken);
      };
      return { measured, refresh, refreshes: [] as number[], lists: [] as number[] };
    }),
  );
  for (let index = 0; index < REFRESHES; index++)
    for (const { refresh, refreshes } of subjects) refreshes.push(await timed(refresh));
  for (let index = 0; index < LISTS; index++)
    for (const { measured, lists } of subjects)
      lists.push(await timed(() => measured.sessions.list({ subject: 'user3', limit: 100 })));
  const [many, few] = subjects.map(({ refreshes }) => p99Of(refreshes.slice(WARM_UP))) as [number, number];
  const lists = subjects[0]?.lists.slice(LISTS / 10) ?? [];
  for (const { measured } of subjects) await measured.close();
  const listed = (figure: string) => `a list of 101 sessions of one user, ${figure}, 1,000,000 sessions`;
  const name = (size: string) => `refresh, SQLite, p99, ${size} sessions`;
  return [
    {
      name: name('1,000,000'),
      subject: 'Portcullis',
      nanoseconds: many,
      ratio: many / few,
      ratioTo: 'the same with 10,000 sessions',
    },
    { name: name('10,000'), subject: 'Portcullis', nanoseconds: few },
    { name: listed('p99'), subject: 'Portcullis', nanoseconds: p99Of(lists) },
    { name: listed('median'), subject: 'Portcullis', nanoseconds: figureOf(lists).median },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - begin);
}

function p99Of(nanoseconds: readonly number[]): number {
  return quantile(
    nanoseconds.toSorted((one, other) => one - other),
    0.99,
  );
}
