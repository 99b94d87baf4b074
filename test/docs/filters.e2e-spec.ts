import { Controller, Get, UseGuards } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { PortcullisModule, Public, RequireUser, TokenIssuer } from '@portcullis/auth';
import { noStrikes, ownMetadata, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/filters.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AllExceptionsFilter } = await load('all-exceptions.filter.ts');
const { OwnWordsGuard } = await load('own-words.guard.ts');
afterAll(laidOut.remove);

@Controller()
class RoutesController {
  @RequireUser()
  @Get('user')
  user() {
    return 'in';
  }

  @Public()
  @UseGuards(OwnWordsGuard)
  @Get('words')
  words() {
    return 'in';
  }
}

const CHALLENGE = `Bearer realm="api", ${ownMetadata}`;

describe.each(platforms)('the guide to filters on %s', (platform) => {
  const start = async (how: 'APP_FILTER' | 'useGlobalFilters' | 'none') => {
    let now = Date.now();
    const portcullis = { tokens: ownTokens, bans: noStrikes, registerPassport: true, now: () => now };
    const { app, url } = await boot(
      platform,
      {
        imports: [PortcullisModule.forRoot(portcullis)],
        controllers: [RoutesController],
        providers: how === 'APP_FILTER' ? [{ provide: APP_FILTER, useClass: AllExceptionsFilter }] : [],
      },
      {
        prepare: (created) =>
          how === 'useGlobalFilters' &&
          created.useGlobalFilters(new AllExceptionsFilter(created.get(HttpAdapterHost).httpAdapter)),
      },
    );
    const later = (ms: number) => {
      now += ms;
    };
    return { app, later, get: (path: string, headers = {}) => fetch(url + path, { headers }) };
  };

  it.each(['APP_FILTER', 'useGlobalFilters'] as const)(
    'the filter has the whole answer, by %s',
    async (how) => {
      const { app, get } = await start(how);
      const response = await get('/user', { authorization: 'Bearer x' });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe(`${CHALLENGE}, error="invalid_token"`);
      expect((await problemIn(response)).code).toBe('invalid_token');
      expect((await get('/nowhere')).status).toBe(404);
      await app.close();
    },
  );

  it('the guard tells its clients what has happened in its own words, with our challenge', async () => {
    const { app, get, later } = await start('none');
    const { accessToken } = await app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' });
    const authorization = `Bearer ${accessToken}`;
    expect((await get('/words', { authorization })).status).toBe(200);
    const missing = await get('/words');
    expect(missing.headers.get('www-authenticate')).toBe(CHALLENGE);
    expect(await missing.json()).toEqual({ code: 'credentials_required', hasExpired: false });
    later(3_600_000);
    const expired = await get('/words', { authorization });
    expect(expired.headers.get('www-authenticate')).toBe(`${CHALLENGE}, error="invalid_token"`);
    expect(await expired.json()).toEqual({ code: 'invalid_token', hasExpired: true });
    await app.close();
  });
});
