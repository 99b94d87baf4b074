import type { IncomingHttpHeaders } from 'node:http';
import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import {
  ApiKeyService,
  type AppIdentity,
  type Change,
  type ChangeFeed,
  type ChangeFollower,
  CurrentApp,
  CurrentUser,
  MemoryApiKeyStore,
  MemoryBanStore,
  MemoryRevocationStore,
  type NewApiKey,
  type PortcullisOptions,
  RateLimit,
  RequireApp,
  RequireUser,
  sha256Keys,
  TokenIssuer,
  type UserIdentity,
} from '@portcullis/auth';
import { ORIGIN } from './bound-calls.js';
import { TestClock } from './clock.js';
import { noStrikes, ownTokens } from './credentials.js';
import { KeptClient, type Sent } from './kept-client.js';
import { RunningApp } from './running-app.js';

type TrustedIssuers = NonNullable<NonNullable<PortcullisOptions['tokens']>['trustedIssuers']>;

interface WithUser {
  readonly user?: unknown;
}

/** Who it is for, where handler and middleware are told the same. */
const nameOf = (user: UserIdentity, request: WithUser) =>
  request.user === user ? user.subject : 'two users at once';

@Controller()
class RoutesController {
  @RequireUser('parcels:read')
  @Get('user')
  user(@CurrentUser() user: UserIdentity, @Req() request: WithUser) {
    return nameOf(user, request);
  }

  @RequireUser('parcels:read')
  @HttpCode(200)
  @Post('user')
  form(@CurrentUser() user: UserIdentity, @Req() request: WithUser, @Body() _: unknown) {
    return nameOf(user, request);
  }

  @RequireUser('parcels:write')
  @Get('writing')
  write(@CurrentUser() user: UserIdentity, @Req() request: WithUser) {
    return nameOf(user, request);
  }

  @RateLimit({ requests: 3, windowSeconds: 60 })
  @RequireUser()
  @Get('limited')
  limited(@CurrentUser() user: UserIdentity, @Req() request: WithUser) {
    return nameOf(user, request);
  }

  @RequireApp('scans:write')
  @Get('app')
  app(@CurrentApp() { appId }: AppIdentity) {
    return appId;
  }

  @RequireApp('scans:write')
  @RequireUser('parcels:read')
  @Get('both')
  both(@CurrentApp() { appId }: AppIdentity, @CurrentUser() user: UserIdentity, @Req() request: WithUser) {
    return `${appId} ${nameOf(user, request)}`;
  }
}

/** Delivers at once, and says that nothing is missing only when it is told to. */
class HandFeed implements ChangeFeed {
  readonly #followers = new Set<ChangeFollower>();

  async publish(change: Change): Promise<void> {
    for (const follower of this.#followers) follower.changed(JSON.parse(JSON.stringify(change)));
  }

  async follow(follower: ChangeFollower): Promise<() => Promise<void>> {
    this.#followers.add(follower);
    return async () => void this.#followers.delete(follower);
  }

  beat(): void {
    for (const follower of this.#followers) follower.upToDate();
  }
}

/** Another request than before. */
export class Different {
  constructor(readonly sent: Partial<Sent>) {}
}

/** Something that changes, or another request over the same connection; and what the client is told then. */
export type Step = readonly [change: (() => unknown) | Different, told: string];

const thrice = (told: string) => [told, told, told];

/** An app, and one more instance of it, whose clients keep their connections. */
export class KeptApp {
  readonly clock = new TestClock().stop();
  readonly feed = new HandFeed();
  readonly apiKeys = new MemoryApiKeyStore();
  readonly other: RunningApp;
  /** What users may do now, by their subjects. */
  readonly scopesNow = new Map<string, readonly string[]>();
  /** The digests of keys that an older system has given out, for the app `old`. */
  readonly oldKeys = new Set<string>();
  /** What a middleware does to headers. */
  meddle: ((headers: IncomingHttpHeaders, url: string) => void) | undefined;
  #client: KeptClient | undefined;
  #stories = 0;

  constructor(private readonly running: RunningApp) {
    this.other = new RunningApp(running.platform);
  }

  async start(trustedIssuers: TrustedIssuers = []): Promise<void> {
    const { apiKeys, clock, feed, oldKeys, scopesNow } = this;
    const find = async (hash: string) =>
      oldKeys.has(hash) ? { hash, appId: 'old', name: 'Old', scopes: ['scans:write'] } : undefined;
    const parts = {
      portcullis: {
        tokens: { ...ownTokens, trustedIssuers },
        apiKeys: {
          legacy: sha256Keys({ find }),
          personalTokens: { scopesOf: async ({ subject }: { subject: string }) => scopesNow.get(subject) },
        },
        binding: { certificateHeader: 'Client-Cert' },
        bans: noStrikes,
        events: { accepted: true },
        publicOrigins: [ORIGIN],
        replication: { feed, maxStalenessSeconds: 3_600 },
        requireTls: true,
        stores: { apiKeys, bans: new MemoryBanStore(), revocations: new MemoryRevocationStore() },
        trustedProxies: ['127.0.0.1'],
        now: clock.now,
      },
      controllers: [RoutesController],
    };
    type Raw = { readonly headers: IncomingHttpHeaders; readonly url?: string };
    const middleware = ({ headers, url = '' }: Raw, _: unknown, next: () => void) => {
      this.meddle?.(headers, url);
      next();
    };
    await this.running.start({ ...parts, prepare: (app) => app.use(middleware) });
    await this.other.start(parts);
  }

  /** Begins a story of its own, in which nothing was issued in the second of a revocation before. */
  begin(): void {
    this.#stories++;
    this.clock.forward(2);
  }

  /** Ends the story: no answer of it may be kept by a cache. */
  end(): void {
    const answers = this.#client?.answers ?? [];
    this.#client?.close();
    this.#client = undefined;
    this.meddle = undefined;
    for (const { headers } of answers) expect(headers['cache-control']).toBe('no-store');
  }

  /** @param first what the client is told at first: thrice the same, or this */
  async play(
    sent: Sent,
    first: string | readonly string[],
    steps: readonly Step[] = [],
  ): Promise<KeptClient> {
    const client = await KeptClient.open(this.running.url, sent);
    this.#client = client;
    for (const told of typeof first === 'string' ? thrice(first) : first)
      expect(await client.ask()).toBe(told);
    for (const [change, told] of steps) {
      const changed = change instanceof Different ? change : await change();
      const request = changed instanceof Different ? changed.sent : {};
      const answers = [await client.ask(request), await client.ask(request), await client.ask(request)];
      expect(answers).toEqual(thrice(told));
    }
    return client;
  }

  /** Where the client of this story is. */
  get address(): string {
    return `198.51.100.${this.#stories}`;
  }

  /** What its proxy says of it, and the given lines. */
  headers(...lines: string[]): string[] {
    return ['X-Forwarded-Proto: https', `X-Forwarded-For: ${this.address}`, ...lines];
  }

  get(path: string, ...lines: string[]): Sent {
    return { line: `GET ${path}`, headers: this.headers(...lines) };
  }

  /** A user with a token that was just issued. */
  async user(name = 'ada', details: object = {}) {
    const own = `${name}-${this.#stories}`;
    const [clientId, sessionId, grantId] = [`${own}-web`, `${own}-session`, `${own}-grant`];
    const facts = { subject: own, clientId, sessionId, grantId, scopes: ['parcels:read'], ...details };
    const { accessToken, tokenId } = await this.running.app.get(TokenIssuer).issue(facts);
    const header = `Authorization: Bearer ${accessToken}`;
    return { subject: own, clientId, sessionId, grantId, accessToken, tokenId, header, good: `200 ${own}` };
  }

  /** An app with a key. */
  async key(details: Partial<NewApiKey> = {}) {
    const appId = `depot-${this.#stories}`;
    const whole = { appId, name: 'Depot', scopes: ['scans:write'], ...details } as NewApiKey;
    const { key, id } = await this.running.app.get(ApiKeyService).create(whole);
    return { appId, key, id, header: `X-API-Key: ${key}`, good: `200 ${appId}` };
  }

  /** A personal token, and its user. */
  async personalToken(name = 'ada') {
    const subject = `${name}-${this.#stories}`;
    this.scopesNow.set(subject, ['parcels:*']);
    const whole = { issuer: ownTokens.issuer.url, subject, name: 'script', scopes: ['parcels:read'] };
    const { key, id } = await this.running.app.get(ApiKeyService).create(whole);
    return { subject, key, id, good: `200 ${subject}` };
  }
}
