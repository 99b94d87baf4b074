import { Body, Controller, Get, Post } from '@nestjs/common';
import { AnyScope, Public, RequireApp, RequireUser, RequireUserOrApp } from '@portcullis/auth';
import { appWith, noStrikes, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @RequireUser('parcels:read', 'parcels:write')
  @Get('user')
  user() {
    return 'in';
  }

  @RequireApp('scans:write')
  @Get('app')
  app() {
    return 'in';
  }

  @RequireApp()
  @RequireUser()
  @Get('both')
  both() {
    return 'in';
  }

  @RequireUserOrApp()
  @Get('either')
  either() {
    return 'in';
  }

  @RequireUser()
  @AnyScope('parcels:read', 'reports:read')
  @Get('any-scope')
  anyScope() {
    return 'in';
  }

  @RequireUser()
  @Post('json')
  json(@Body() body: unknown) {
    return { body };
  }
}

const BEARER = 'Bearer realm="parcels"';
const ANY_BEARER = `${BEARER}, ${ownMetadata}`;
const API_KEY = 'ApiKey realm="parcels", header="X-Depot-Key"';

describeOnPlatforms('refusals on %s', (running) => {
  const { get } = running;
  const challengeOf = (response: Response) => response.headers.get('www-authenticate');
  const key = async (...scopes: string[]) => ({
    'x-depot-key': (await appWith(running.app, scopes))['x-api-key'],
  });

  beforeAll(() =>
    running.start({
      portcullis: {
        tokens: ownTokens,
        bans: noStrikes,
        realm: 'parcels',
        apiKeys: { header: 'X-Depot-Key' },
      },
      controllers: [RoutesController],
    }),
  );

  it('are problem details with a type, a title, a status, a detail, a code and the id of the request', async () => {
    const response = await get('/user');
    const problem = await problemIn(response);
    expect(problem).toEqual({
      type: 'about:blank',
      title: 'Credentials required',
      status: 401,
      detail: 'This resource is closed to anonymous callers.',
      code: 'credentials_required',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('each has an id of its own', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await problemIn(await get('/user'))).requestId));
    expect(new Set(ids).size).toBe(3);
  });

  describe('when nothing was sent', () => {
    it.each([
      ['/user', ANY_BEARER],
      ['/app', API_KEY],
      ['/both', `${ANY_BEARER}, ${API_KEY}`],
      ['/either', `${ANY_BEARER}, ${API_KEY}`],
    ])('%s asks for what it needs and names no error', async (path, challenge) => {
      const response = await get(path);
      expect(response.status).toBe(401);
      expect(challengeOf(response)).toBe(challenge);
    });

    it('where both are needed and one is there, only the other one is asked for', async () => {
      expect(challengeOf(await get('/both', await userWith(running.app)))).toBe(API_KEY);
      expect(challengeOf(await get('/both', await key()))).toBe(ANY_BEARER);
    });

    it.each(['Basic YWRhOnNlY3JldA==', 'Digest username="ada"', 'BearerX abc'])(
      '%j is another scheme, so no token was sent',
      async (authorization) => {
        const response = await get('/user', { authorization });
        expect(response.status).toBe(401);
        expect(challengeOf(response)).toBe(ANY_BEARER);
        expect((await problemIn(response)).code).toBe('credentials_required');
      },
    );
  });

  describe('of a token', () => {
    const sentence = 'The access token is malformed, expired, revoked or not meant for this API.';

    it.each([
      ['no token after the scheme', 'Bearer'],
      ['two words', 'Bearer a b'],
      ['no JWT', 'Bearer abc'],
      ['empty segments', 'Bearer ..'],
      ['more than 8 KiB', `Bearer ${'a'.repeat(8193)}`],
    ])('with %s say invalid_token and nothing more', async (_, authorization) => {
      const response = await get('/user', { authorization });
      expect(response.status).toBe(401);
      expect(challengeOf(response)).toBe(`${ANY_BEARER}, error="invalid_token"`);
      expect(await problemIn(response)).toMatchObject({ code: 'invalid_token', detail: sentence });
    });

    it('the scheme may be written in any case', async () => {
      const { authorization } = await userWith(running.app);
      const statuses = ['bearer', 'BEARER'].map(
        async (scheme) =>
          (await get('/either', { authorization: authorization.replace('Bearer', scheme) })).status,
      );
      expect(await Promise.all(statuses)).toEqual([200, 200]);
    });
  });

  it('of an API key say invalid_api_key', async () => {
    const response = await get('/app', { 'x-depot-key': 'ptc_live_0123456789abcdef_nonsense' });
    expect(response.status).toBe(401);
    expect(challengeOf(response)).toBe(`${API_KEY}, error="invalid_api_key"`);
    expect(await problemIn(response)).toMatchObject({ code: 'invalid_api_key', status: 401 });
  });

  it('an empty API key is a bad one', async () => {
    expect((await get('/app', { 'x-depot-key': '' })).status).toBe(401);
  });

  describe('for a missing scope', () => {
    it('name every scope that the route demands', async () => {
      const response = await get('/user', await userWith(running.app, ['parcels:read']));
      expect(response.status).toBe(403);
      expect(challengeOf(response)).toBe(
        `${ANY_BEARER}, error="insufficient_scope", scope="parcels:read parcels:write"`,
      );
      expect(await problemIn(response)).toMatchObject({
        code: 'insufficient_scope',
        scope: 'parcels:read parcels:write',
      });
    });

    it('name the choices where one of them would do', async () => {
      const response = await get('/any-scope', await userWith(running.app));
      expect(challengeOf(response)).toBe(
        `${ANY_BEARER}, error="insufficient_scope", scope="parcels:read reports:read"`,
      );
    });

    it('challenge the credential that lacks it', async () => {
      const response = await get('/app', {
        ...(await key()),
        ...(await userWith(running.app, ['scans:write'])),
      });
      expect(response.status).toBe(403);
      expect(challengeOf(response)).toBe(`${API_KEY}, error="insufficient_scope", scope="scans:write"`);
    });
  });

  it('a token in the URL is an invalid request, with or without one in the header', async () => {
    const { authorization } = await userWith(running.app, ['parcels:*']);
    const path = `/user?x=1&access_token=${authorization.slice('Bearer '.length)}`;
    for (const headers of [{}, { authorization }]) {
      const response = await get(path, headers);
      expect(response.status).toBe(400);
      expect(challengeOf(response)).toBe(`${ANY_BEARER}, error="invalid_request"`);
      expect(await problemIn(response)).toMatchObject({ code: 'invalid_request', status: 400 });
    }
  });

  describe('of what is no JSON', () => {
    const post = async (headers: object) =>
      running.fetch('/json', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"a":',
      });

    it('are 400, whoever sends it, and the app lives on', async () => {
      expect((await post({})).status).toBe(400);
      expect((await post(await userWith(running.app))).status).toBe(400);
      expect((await get('/public')).status).toBe(200);
    });
  });

  it('an unknown path is the 404 of Nest', async () => {
    const response = await get('/nowhere');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ statusCode: 404 });
  });
});
