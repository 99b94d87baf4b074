import { createHash, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import {
  Body,
  Controller,
  Delete,
  type DynamicModule,
  Get,
  Headers,
  Param,
  Post,
  UnauthorizedException,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OAuthClients, OAuthConsents, OAuthGrants, Public, SessionService } from '@portcullis/auth';
import { OAuthArtifacts } from '@portcullis/auth/internal';
import { PortcullisOAuthServerModule } from '@portcullis/oauth/server';
import { Browser } from '../../oauth/browser.js';

/** Where nobody listens: processes are asked where they are. */
export const ISSUER = 'http://localhost:3000';
const CALLBACK = 'https://client.example/callback';
const SCOPE = 'soak:look';
const SUSPICION = { reason: 'soak' };

/** The authorization server of the app. */
export function oauthServer(sessions: DynamicModule): DynamicModule {
  return PortcullisOAuthServerModule.register({
    sessions,
    login: '/sign-in',
    scopes: { [SCOPE]: 'Look whether it is let in' },
  });
}

/** What operators do with its clients. */
@Public()
@Controller('oauth-clients')
export class OAuthClientsController {
  constructor(private readonly clients: OAuthClients) {}

  @Post()
  make() {
    return this.clients.create({ name: 'soak', kind: 'machine', scopes: [SCOPE] });
  }

  @Post('browser')
  makeOfPages() {
    return this.clients.create({
      ...{ name: 'soak', kind: 'browser', scopes: [SCOPE], redirectUris: [CALLBACK] },
    });
  }

  @Post(':id/rotate')
  rotate(@Param('id') id: string) {
    return this.clients.rotate(id, { overlapSeconds: 0 });
  }

  @Post(':id/disable')
  async disable(@Param('id') id: string) {
    return { isDisabledNow: await this.clients.disable(id) };
  }

  @Delete(':id')
  async delete(@Param('id') id: string) {
    return { isDeletedNow: await this.clients.delete(id) };
  }
}

/** What users do with their grants. */
@Public()
@Controller()
export class OAuthGrantsController {
  constructor(
    private readonly sessions: SessionService,
    private readonly consents: OAuthConsents,
    private readonly grants: OAuthGrants,
    private readonly artifacts: OAuthArtifacts,
    private readonly adapter: HttpAdapterHost,
  ) {}

  /** Somebody logs in, and goes in a browser as far as a code. */
  @Post('codes')
  async code(@Body() { subject, clientId }: { subject: string; clientId: string }) {
    const login = await this.sessions.start({ user: { subject, scopes: [SCOPE] }, clientId: 'soak' });
    const browser = new Browser(ISSUER, subject, '', this.#reach);
    browser.accessToken = login.accessToken;
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      ...{ client_id: clientId, response_type: 'code', redirect_uri: CALLBACK, scope: `openid ${SCOPE}` },
      ...{ code_challenge: createHash('sha256').update(verifier).digest('base64url') },
      ...{ code_challenge_method: 'S256', state: 'soak' },
    });
    const place = await browser.visit(`${ISSUER}/oauth/authorize?${query}`);
    const code = place instanceof URL ? place.searchParams.get('code') : null;
    if (code === null) throw new UnauthorizedException('there is no code');
    return { code, code_verifier: verifier, redirect_uri: CALLBACK, sessionId: login.sessionId };
  }

  /** Whether a refresh token would be accepted. */
  @Get('grant')
  async grant(@Headers('x-refresh-token') refreshToken: string) {
    const found = await this.artifacts.find('RefreshToken', refreshToken);
    if (found === undefined || found.consumedAt !== null) throw new UnauthorizedException();
    return { createdAt: found.createdAt };
  }

  @Delete('grants/:grantId')
  async end(@Param('grantId') grantId: string) {
    return { ended: await this.grants.end({ grantId }, SUSPICION) };
  }

  @Delete('consents/:subject/:clientId')
  async withdraw(@Param('subject') subject: string, @Param('clientId') clientId: string) {
    return { isWithdrawnNow: await this.consents.withdraw(subject, clientId) };
  }

  readonly #reach: typeof fetch = (url, init) => {
    const { port } = this.adapter.httpAdapter.getHttpServer().address() as AddressInfo;
    return fetch(String(url).replace(ISSUER, `http://127.0.0.1:${port}`), init);
  };
}
