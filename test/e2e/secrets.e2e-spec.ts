import { Controller, Get, Post } from '@nestjs/common';
import { ApiKeyService, RequireApp, RequireUser, RevocationService, TokenIssuer } from '@portcullis/auth';
import { eachRefusal, ownTokens } from '../support/credentials.js';
import { LineKeeper } from '../support/line-keeper.js';
import { mistyped } from '../support/mistyped.js';
import { rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireUser('parcels:read')
  @Get('user')
  user() {
    return 'in';
  }

  @RequireApp('scans:write')
  @Post('app')
  app() {
    return 'in';
  }
}

describeOnPlatforms('secrets on %s', (running) => {
  const logger = new LineKeeper();
  /** Status line, headers and body of every answer. */
  const answers: string[] = [];
  /** Every text that must not be shown again. */
  const secrets: string[] = [];

  const call = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const response = await running.fetch(path, { ...init, headers });
    answers.push(JSON.stringify([response.status, [...response.headers], await response.text()]));
    return response.status;
  };
  const token = async (scopes: string[] = []) => {
    const issued = await running.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web', scopes });
    secrets.push(...issued.accessToken.split('.').slice(1));
    return issued;
  };
  const key = async (scopes: string[] = []) => {
    const created = await running.app
      .get(ApiKeyService)
      .create({ appId: 'depot', name: 'd', scopes, lifetimeSeconds: 'never' });
    secrets.push(created.key, created.key.slice(-49));
    return created;
  };
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { ...eachRefusal, strikeLimit: 1_000 } },
      controllers: [RoutesController],
      logger,
    });
    await refuseInEveryWay();
    await running.close();
  });

  /** Sends good and bad credentials to places where they are refused. */
  async function refuseInEveryWay(): Promise<void> {
    const good = await token();
    const revoked = await token(['parcels:read']);
    await running.app.get(RevocationService).revokeToken(revoked.tokenId, { reason: 'test' });
    const tampered = mistyped((await token(['parcels:read'])).accessToken);
    expect(await call('/user', bearer(good.accessToken))).toBe(403);
    expect(await call('/user', bearer(revoked.accessToken))).toBe(401);
    expect(await call('/user', bearer(tampered))).toBe(401);
    expect(await call(`/user?access_token=${good.accessToken}`)).toBe(400);
    expect(await call('/nowhere', bearer(good.accessToken))).toBe(404);

    const goodKey = await key();
    const revokedKey = await key(['scans:write']);
    await running.app.get(ApiKeyService).revoke(revokedKey.id);
    expect(await call('/app', { 'x-api-key': goodKey.key }, { method: 'POST' })).toBe(403);
    expect(await call('/app', { 'x-api-key': revokedKey.key }, { method: 'POST' })).toBe(401);
    expect(await call('/app', { 'x-api-key': `${goodKey.key}x` }, { method: 'POST' })).toBe(401);
    expect(await call('/user', { authorization: goodKey.key })).toBe(401);

    const json = {
      'content-type': 'application/json',
      ...bearer(good.accessToken),
      'x-api-key': goodKey.key,
    };
    const brokenBody = `{"token":"${good.accessToken}","key":"${goodKey.key}`;
    expect(await call('/app', json, { method: 'POST', body: brokenBody })).toBe(400);

    const twice = [`Authorization: Bearer ${good.accessToken}`, `Authorization: Bearer ${good.accessToken}`];
    const raw = await rawRequest(running.url, 'GET /user', twice);
    answers.push(JSON.stringify(raw));
    expect(raw.status).toBe(400);
  }

  const leakingOf = (texts: readonly string[]) =>
    texts.filter((text) => secrets.some((secret) => text.includes(secret)));

  it('there was something to leak', () => {
    expect(secrets.length).toBeGreaterThan(8);
    expect(answers).toHaveLength(11);
    expect(running.events.of('request.refused')).toHaveLength(10);
    expect(logger.lines.filter((line) => line.includes('Refused'))).toHaveLength(10);
  });

  it('no response holds a token, a key or a part of them', () => {
    expect(leakingOf(answers)).toEqual([]);
  });

  it('no event holds a token, a key or a part of them', () => {
    expect(leakingOf(running.events.all.map((event) => JSON.stringify(event)))).toEqual([]);
  });

  it('no log line holds a token, a key or a part of them', () => {
    expect(leakingOf(logger.lines)).toEqual([]);
  });

  it('no response and no log line holds a stack', () => {
    const stacks = [...answers, ...logger.lines].filter((text) => /(\n|\\n)\s+at /.test(text));
    expect(stacks).toEqual([]);
  });

  it('the log names each refused request by the id that its client was given', () => {
    const ids = answers.flatMap((answer) => /requestId\\+":\\+"([0-9a-f-]{36})/.exec(answer)?.[1] ?? []);
    expect(ids).toHaveLength(10);
    for (const id of ids) expect(logger.lines.some((line) => line.includes(id))).toBe(true);
  });
});
