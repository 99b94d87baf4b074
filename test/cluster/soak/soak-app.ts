import { Body, Controller, Delete, Get, Headers, Injectable, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  ApiKeyService,
  BanService,
  CurrentUser,
  KeyRing,
  PersonalTokenService,
  PortcullisModule,
  PortcullisSessionsModule,
  Public,
  RequireApp,
  RequireUser,
  RevocationService,
  SessionService,
  TokenIssuer,
  type UserDirectory,
  type UserIdentity,
} from '@portcullis/auth';
import { redis } from '@portcullis/redis';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import { HangingStorage } from './hanging-storage.js';
import { FactorsController, stepUps, Words } from './soak-factors.js';
import { ISSUER, OAuthClientsController, OAuthGrantsController, oauthServer } from './soak-oauth.js';

/**
 * What `soak-process.ts` runs in processes of its own. Everybody may do everything here, and it listens to this machine only.
 */
const { ADAPTER, CLOCK_AHEAD_MS, DATABASE_FILE, DATABASE_URL, KEY_ENCRYPTION_KEY, REDIS_URL, STALENESS } =
  process.env;
/** Milliseconds: so short that a run sees much that is given up. */
const STATEMENT_TIMEOUT = 2_000;
const SUSPICION = { reason: 'soak' };

/** Everybody is known. */
@Injectable()
class SoakUsers implements UserDirectory {
  async verifyPassword() {
    return undefined;
  }

  async find(subject: string) {
    return { subject, scopes: ['soak:look'] };
  }
}

@Module({ providers: [SoakUsers], exports: [SoakUsers] })
class SoakUsersModule {}

@Controller()
class SoakController {
  constructor(
    private readonly tokens: TokenIssuer,
    private readonly personalTokens: PersonalTokenService,
    private readonly revocations: RevocationService,
    private readonly sessions: SessionService,
    private readonly apiKeys: ApiKeyService,
    private readonly bans: BanService,
    private readonly keyRing: KeyRing,
  ) {}

  @RequireUser()
  @Get('user')
  user() {
    return 'in';
  }

  @RequireApp()
  @Get('app')
  app() {
    return 'in';
  }

  @Public()
  @Get('open')
  open() {
    return 'in';
  }

  @Public()
  @Post('tokens')
  issue(@Body() body: { subject: string; clientId: string; sessionId: string }) {
    return this.tokens.issue(body);
  }

  @RequireUser()
  @Post('personal-tokens')
  makePersonalToken(@CurrentUser() user: UserIdentity) {
    return this.personalTokens.create(user, { name: 'soak', scopes: [] });
  }

  @Public()
  @Post('api-keys')
  makeKey() {
    return this.apiKeys.create({ appId: 'depot', name: 'soak' });
  }

  @Public()
  @Delete('api-keys/:id')
  async revokeKey(@Param('id') id: string) {
    return { isRevokedNow: await this.apiKeys.revoke(id) };
  }

  @Public()
  @Delete('tokens/:id')
  revokeToken(@Param('id') id: string) {
    return this.revocations.revokeToken(id, SUSPICION);
  }

  @Public()
  @Post('logins')
  begin(@Body() { subject, clientId }: { subject: string; clientId: string }) {
    return this.sessions.start({ user: { subject, scopes: [] }, clientId });
  }

  @Public()
  @Post('refreshes')
  refresh(@Body() { refreshToken }: { refreshToken: string }) {
    return this.sessions.refresh(refreshToken);
  }

  /** Whether a refresh token would be accepted. */
  @Public()
  @Get('login')
  async login(@Headers('x-refresh-token') refreshToken: string) {
    return { id: (await this.sessions.sessionOf(refreshToken)).id };
  }

  @Public()
  @Delete('logins/:id')
  async end(@Param('id') id: string) {
    return { isEndedNow: await this.sessions.end(id, SUSPICION) };
  }

  @Public()
  @Delete('logins-of/:subject')
  async endAll(@Param('subject') subject: string) {
    return { ended: await this.sessions.endAllOf(subject, SUSPICION) };
  }

  @Public()
  @Delete('sessions/:id')
  revokeSession(@Param('id') id: string) {
    return this.revocations.revokeSession(id, SUSPICION);
  }

  @Public()
  @Delete('users/:id')
  revokeUser(@Param('id') id: string) {
    return this.revocations.revokeUser(id, SUSPICION);
  }

  @Public()
  @Delete('clients/:id')
  revokeClient(@Param('id') id: string) {
    return this.revocations.revokeClient(id, SUSPICION);
  }

  @Public()
  @Post('bans/:address')
  ban(@Param('address') address: string) {
    return this.bans.ban(address, { ...SUSPICION, seconds: 3_600 });
  }

  @Public()
  @Delete('bans')
  clearBans() {
    return this.bans.clear();
  }

  @Public()
  @Delete('bans/:address')
  async forgive(@Param('address') address: string) {
    return { wasBanned: (await this.bans.forgive(address)) !== undefined };
  }

  @Public()
  @Delete('bans-by-id/:id')
  async unban(@Param('id') id: string) {
    return { wasBanned: (await this.bans.unban(id)) !== undefined };
  }

  @Public()
  @Post('signing-keys/rotate')
  async rotate() {
    return { kid: await this.keyRing.rotate() };
  }

  @Public()
  @Post('signing-keys/replace')
  async replace() {
    return { kid: await this.keyRing.replace() };
  }

  @Public()
  @Post('hang/:call')
  hang(@Param('call') call: string) {
    storage.hangAfter(call);
    return { hanging: storage.hanging };
  }

  @Public()
  @Get('hanging')
  hanging() {
    return { hanging: storage.hanging };
  }
}

const keyEncryptionKeys = [KEY_ENCRYPTION_KEY ?? ''];
const shared = REDIS_URL === undefined ? {} : { shared: redis({ url: REDIS_URL }) };
const ahead = Number(CLOCK_AHEAD_MS ?? 0);
const storage = new HangingStorage(
  DATABASE_URL === undefined
    ? sqlite({ file: DATABASE_FILE ?? '', keyEncryptionKeys, ...shared })
    : postgres({ url: DATABASE_URL, statementTimeout: STATEMENT_TIMEOUT, keyEncryptionKeys, ...shared }),
);
const sessions = PortcullisSessionsModule.register({
  users: SoakUsers,
  imports: [SoakUsersModule],
  clientId: 'soak',
});

@Module({
  imports: [
    PortcullisModule.forRoot({
      tokens: {
        audience: 'https://soak.example',
        issuer: { url: ISSUER, lifetimeSeconds: 36_000 },
      },
      // What a process has kept and could not tell of, the others find as late as that.
      apiKeys: { cacheSeconds: 5, personalTokens: { maxPerUser: 500 } },
      bans: { rules: [] },
      events: { log: false },
      sessions: { maxPerUser: 500 },
      replication: { maxStalenessSeconds: Number(STALENESS) },
      storage,
      trustedProxies: ['127.0.0.1'],
      ...(ahead !== 0 && { now: () => Date.now() + ahead }),
    }),
    sessions,
    oauthServer(sessions),
    stepUps(sessions),
  ],
  providers: [Words],
  controllers: [SoakController, OAuthClientsController, OAuthGrantsController, FactorsController],
})
class SoakModule {}

const adapter = ADAPTER === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(SoakModule, adapter, { logger: ['warn', 'error'], abortOnError: false });
await app.listen(0, '127.0.0.1');
console.log(`listening at ${await app.getUrl()}`);
// Whoever has started it is gone: so is this.
process.stdin.once('end', () => process.exit()).resume();
