import type { INestApplication } from '@nestjs/common';
import {
  PortcullisModule,
  type PortcullisOptions,
  PortcullisSessionsModule,
  RevocationService,
  SecurityEvents,
  SessionService,
  type Storage,
} from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { boot, type Platform } from '../support/platforms.js';
import { PASSWORD, QUICK_HASHER, Users, UsersModule } from '../support/users.js';

export const KEYS = [Buffer.alloc(32, 7).toString('base64')];

/** By the real clock, since machines that share a PostgreSQL go by its own: long enough for all that comes at once. */
const GRACE_SECONDS = 30;
/** For who waits for its end. */
const SHORT_GRACE_SECONDS = 3;
const REFRESHES_PER_MINUTE = 60;
const MAX_PER_USER = 30;

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly session_id: string;
}

/** One instance of an app whose users log in. */
export class Instance {
  readonly types: string[] = [];
  /** The sessions of which it has said that they ended. */
  readonly ended: string[] = [];

  private constructor(
    readonly app: INestApplication,
    readonly url: string,
  ) {}

  static async start(
    platform: Platform,
    storage: Storage,
    options: Partial<PortcullisOptions> = {},
    graceSeconds = GRACE_SECONDS,
  ): Promise<Instance> {
    const { app, url } = await boot(platform, {
      imports: [
        PortcullisModule.forRoot({
          ...{
            tokens: ownTokens,
            bans: noStrikes,
            passwords: { hasher: QUICK_HASHER },
            sessions: {
              graceSeconds,
              refreshesPerMinute: REFRESHES_PER_MINUTE,
              maxPerUser: MAX_PER_USER,
            },
            storage,
            ...options,
          },
        }),
        UsersModule,
        PortcullisSessionsModule.register({ users: Users, imports: [UsersModule], clientId: 'web' }),
      ],
      controllers: [PlainRoutesController],
    });
    const instance = new Instance(app, url);
    app.get(SecurityEvents).subscribe((event) => {
      instance.types.push(event.type);
      if (event.type === 'session.ended') instance.ended.push(event.sessionId);
    });
    await app.get(Users, { strict: false }).add('ada');
    return instance;
  }

  post(path: string, body: object, headers: object = {}): Promise<Response> {
    return fetch(`${this.url}/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  async login(username = 'ada'): Promise<Tokens> {
    const response = await this.post('login', { username, password: PASSWORD });
    expect(response.status).toBe(200);
    return (await response.json()) as Tokens;
  }

  /** The next tokens, or the status of a refusal. */
  async refresh(refresh_token: string): Promise<Tokens | number> {
    const response = await this.post('refresh', { refresh_token });
    const answer = (await response.json()) as Tokens;
    return response.status === 200 ? answer : response.status;
  }

  async takes({ access_token }: Tokens): Promise<boolean> {
    const response = await fetch(`${this.url}/user`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    await response.arrayBuffer();
    return response.status === 200;
  }
}

/** Whoever shares what a storage keeps: one instance on each platform. */
export class TwoInstances {
  one!: Instance;
  other!: Instance;

  #open!: () => Storage;

  async start(open: () => Storage, graceSeconds?: number): Promise<void> {
    this.#open = open;
    this.one = await Instance.start('express', open(), {}, graceSeconds);
    this.other = await Instance.start('fastify', open(), {}, graceSeconds);
  }

  /** Two others that share the same, for whom a refresh token has had its time soon. */
  async whileHasty(test: (hasty: TwoInstances) => Promise<void>): Promise<void> {
    const hasty = new TwoInstances();
    try {
      await hasty.start(this.#open, SHORT_GRACE_SECONDS);
      await test(hasty);
    } finally {
      await hasty.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.one, this.other].map((instance) => instance?.app.close()));
  }

  get both(): readonly Instance[] {
    return [this.one, this.other];
  }

  /** Until no instance takes any of these. */
  async refuse(...tokens: Tokens[]): Promise<void> {
    await eventually(async () => {
      const taken = await Promise.all(this.both.flatMap((each) => tokens.map((token) => each.takes(token))));
      return !taken.includes(true);
    });
  }
}

const isTokens = (outcome: Tokens | number): outcome is Tokens => typeof outcome === 'object';

/** What holds for any storage that instances share. */
export function sessionsHold(instances: TwoInstances): void {
  it('fifty refreshes of one token at once, on both, are one rotation with one successor', async () => {
    const first = await instances.one.login();
    const { both } = instances;
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => both[index % 2]?.refresh(first.refresh_token)),
    );
    const tokens = outcomes.filter((outcome) => outcome !== undefined && isTokens(outcome)) as Tokens[];
    expect(tokens).toHaveLength(50);
    expect(new Set(tokens.map(({ refresh_token }) => refresh_token)).size).toBe(1);
    const session = await instances.one.app.get(SessionService).find(first.session_id);
    expect([session?.generation, session?.endedAt]).toEqual([1, null]);
    const { sessions } = await instances.one.app.get(SessionService).list({ subject: 'ada' });
    expect(sessions.filter(({ id }) => id === first.session_id)).toHaveLength(1);
    for (const each of tokens) expect(await instances.other.takes(each)).toBe(true);
  }, 30_000);

  it('a session is refreshed as often within a minute as the limit says, by both together', async () => {
    const [first, bystander] = [await instances.one.login(), await instances.one.login()];
    const { both } = instances;
    const outcomes = await Promise.all(
      Array.from({ length: REFRESHES_PER_MINUTE + 20 }, (_, index) =>
        both[index % 2]?.refresh(first.refresh_token),
      ),
    );
    const statuses = outcomes.map((outcome) => (typeof outcome === 'object' ? 200 : outcome));
    expect(statuses.filter((status) => status === 200)).toHaveLength(REFRESHES_PER_MINUTE);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
    // What was refused has neither ended the session nor changed its tokens, and others have limits of their own.
    for (const each of both) expect(await each.takes(first)).toBe(true);
    expect(isTokens(await instances.other.refresh(bystander.refresh_token))).toBe(true);
  }, 30_000);

  it('the predecessor gets the same successor from the other one within grace', async () => {
    const first = await instances.one.login();
    const second = (await instances.one.refresh(first.refresh_token)) as Tokens;
    const again = (await instances.other.refresh(first.refresh_token)) as Tokens;
    expect(again.refresh_token).toBe(second.refresh_token);
  });

  it(
    'a predecessor that comes after grace ends the family on both',
    () =>
      instances.whileHasty(async (hasty) => {
        const [first, bystander] = [await hasty.one.login(), await hasty.other.login()];
        const second = (await hasty.one.refresh(first.refresh_token)) as Tokens;
        await eventually(async () => (await hasty.other.refresh(first.refresh_token)) === 401);
        await hasty.refuse(second);
        for (const each of hasty.both) expect(await each.refresh(second.refresh_token)).toBe(401);
        expect(hasty.other.types.filter((type) => type === 'session.reused')).toHaveLength(1);
        for (const each of hasty.both) expect(await each.takes(bystander)).toBe(true);
        expect(isTokens(await hasty.one.refresh(bystander.refresh_token))).toBe(true);
      }),
    30_000,
  );

  it('of many who log in at once on both exactly as many stay as there may be, and each end is told once', async () => {
    const { both } = instances;
    for (const each of both) await each.app.get(Users, { strict: false }).add('bob');
    for (const { ended } of both) ended.length = 0;
    const all = await Promise.all(
      Array.from({ length: MAX_PER_USER + 20 }, (_, index) => (both[index % 2] as Instance).login('bob')),
    );
    const { sessions } = await instances.one.app.get(SessionService).list({ subject: 'bob' });
    expect(sessions).toHaveLength(MAX_PER_USER);
    const kept = new Set(sessions.map(({ id }) => id));
    const gone = all.filter(({ session_id }) => !kept.has(session_id));
    expect(both.flatMap(({ ended }) => ended).toSorted()).toEqual(
      gone.map(({ session_id }) => session_id).toSorted(),
    );
    await instances.refuse(...gone);
  }, 30_000);

  it('nothing works of a refresh that is under way while its session, or what its user has, ends on the other one', async () => {
    const { app } = instances.other;
    const ends = [
      ({ access_token }: Tokens) =>
        instances.other.post('logout', {}, { authorization: `Bearer ${access_token}` }),
      () => app.get(SessionService).endAllOf('ada', { reason: 'new password' }),
      () => app.get(RevocationService).revokeUser('ada', { reason: 'left' }),
    ];
    for (let round = 0; round < 12; round++) {
      const tokens = await instances.one.login();
      const [outcome] = await Promise.all([
        instances.one.refresh(tokens.refresh_token),
        ends[round % ends.length]?.(tokens),
      ]);
      const next = isTokens(outcome) ? [outcome] : [];
      await instances.refuse(tokens, ...next);
      for (const { refresh_token } of [tokens, ...next])
        for (const each of instances.both) expect(await each.refresh(refresh_token)).toBe(401);
    }
  }, 60_000);

  it('who logs out everywhere can log in in the same second', async () => {
    const [first, second] = [await instances.one.login(), await instances.other.login()];
    const headers = { authorization: `Bearer ${first.access_token}` };
    expect((await instances.one.post('logout', { everywhere: true }, headers)).status).toBe(204);
    const anew = await instances.one.login();
    await instances.refuse(first, second);
    for (const each of instances.both) expect(await each.takes(anew)).toBe(true);
    expect(isTokens(await instances.other.refresh(anew.refresh_token))).toBe(true);
  }, 30_000);

  it('who is revoked on one has no session on the other', async () => {
    const tokens = await instances.other.login();
    await instances.one.app.get(RevocationService).revokeUser('ada', { reason: 'left' });
    expect(await instances.other.refresh(tokens.refresh_token)).toBe(401);
    await instances.refuse(tokens);
    const anew = await instances.other.login();
    expect(isTokens(await instances.one.refresh(anew.refresh_token))).toBe(true);
  }, 30_000);
}
