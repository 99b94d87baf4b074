import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Injectable,
  type Provider,
  UnauthorizedException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import {
  ApiKeyService,
  answerProblem,
  INVALID_TOKEN,
  JwtGuard,
  PortcullisError,
  type PortcullisOptions,
  Public,
  problemOf,
  RequireApp,
  RequireUser,
} from '@portcullis/auth';
import { appWith, noStrikes, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { type AppParts, describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireUser('a:1')
  @Get('user')
  user() {
    return 'in';
  }

  @RequireApp()
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

  @Public()
  @Get('service')
  service() {
    throw new PortcullisError(INVALID_TOKEN, 'a service says so', { challenge: ['token'] });
  }

  @Public()
  @Get('fault')
  fault() {
    throw new Error('a bug');
  }

  @Public()
  @Get('own')
  own() {
    throw new UnauthorizedException({ own: 'body', statusCode: 401 });
  }
}

/** An envelope of the app's own, sent by the framework's own means. */
@Catch()
class EnvelopeFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    host.switchToHttp().getResponse().status(status).send({ envelope: status });
  }
}

@Catch(HttpException)
class HttpFilter extends EnvelopeFilter {}

/** As Nest's documentation has it. */
@Injectable()
@Catch()
class LoggingFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    super.catch(error, host);
  }
}

@Catch(UnauthorizedException)
class UnauthorizedFilter extends EnvelopeFilter {}

@Catch()
class AnsweringFilter extends EnvelopeFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    if (error instanceof PortcullisError) answerProblem(error, host);
    else super.catch(error, host);
  }
}

@Catch(PortcullisError)
class ExtendingFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: PortcullisError, host: ArgumentsHost): void {
    const { status, headers, body } = problemOf(error, host);
    const response = host.switchToHttp().getResponse();
    for (const [name, value] of Object.entries(headers)) response.header(name, value);
    this.host.httpAdapter.reply(response, JSON.stringify({ ...JSON.parse(body), help: 'us' }), status);
  }
}

type NewFilter = new (...parameters: never[]) => ExceptionFilter;

/** Every way in which Nest registers a filter. */
function partsWith(filter: NewFilter, how: string): AppParts {
  const portcullis: PortcullisOptions = { tokens: ownTokens, bans: noStrikes };
  const made = (host: HttpAdapterHost) =>
    new (filter as new (...parameters: unknown[]) => ExceptionFilter)(
      filter === LoggingFilter ? host.httpAdapter : host,
    );
  const providers: Provider[] =
    how === 'APP_FILTER' ? [{ provide: APP_FILTER, inject: [HttpAdapterHost], useFactory: made }] : [];
  class Filtered extends RoutesController {}
  Controller()(Filtered);
  if (how === '@UseFilters on the class') UseFilters(filter)(Filtered);
  if (how === '@UseFilters on the method') {
    for (const method of Object.getOwnPropertyNames(RoutesController.prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(RoutesController.prototype, method);
      if (method === 'constructor' || descriptor === undefined) continue;
      const inherited = descriptor.value as (...parameters: unknown[]) => unknown;
      const own = {
        ...descriptor,
        value: function (...parameters: unknown[]) {
          return inherited.apply(this, parameters);
        },
      };
      for (const key of Reflect.getMetadataKeys(inherited))
        Reflect.defineMetadata(key, Reflect.getMetadata(key, inherited), own.value);
      Object.defineProperty(Filtered.prototype, method, own);
      UseFilters(filter)(Filtered.prototype, method, own);
    }
  }
  return {
    ...{ portcullis, providers, controllers: [Filtered] },
    ...(how === 'useGlobalFilters' && {
      prepare: (app) => app.useGlobalFilters(made(app.get(HttpAdapterHost))),
    }),
  };
}

const WAYS = ['APP_FILTER', 'useGlobalFilters', '@UseFilters on the class', '@UseFilters on the method'];
const BEARER = `Bearer realm="api", ${ownMetadata}`;
const API_KEY = 'ApiKey realm="api", header="X-API-Key"';

describeOnPlatforms("an app's own filters on %s", (running) => {
  const challengeOf = (response: Response) => response.headers.get('www-authenticate');
  const bad = { authorization: 'Bearer x' };

  describe.each(WAYS)('registered by %s', (how) => {
    it.each([
      ['for everything', EnvelopeFilter],
      ['for HttpException', HttpFilter],
    ] as const)('%s: a body of their own keeps our headers and events', async (_, filter) => {
      await running.start(partsWith(filter, how));
      for (const [path, headers, challenge] of [
        ['/user', {}, BEARER],
        ['/user', bad, `${BEARER}, error="invalid_token"`],
        ['/app', {}, API_KEY],
        ['/both', {}, `${BEARER}, ${API_KEY}`],
      ] as const) {
        const response = await running.get(path, headers);
        expect([response.status, challengeOf(response)]).toEqual([401, challenge]);
        expect(response.headers.get('cache-control')).toBe('no-store');
        const body = (await response.json()) as { envelope?: number; code?: string };
        // Of global filters Nest asks ours first, unless the app adds its own when it is made.
        if (how === 'APP_FILTER') expect(body.code).toMatch(/_(required|token)$/);
        else expect(body).toEqual({ envelope: 401 });
      }
      const scoped = await running.get('/user', await userWith(running.app));
      expect(scoped.status).toBe(403);
      expect(challengeOf(scoped)).toBe(`${BEARER}, error="insufficient_scope", scope="a:1"`);
      const codes = running.events.of('request.refused').map(({ code }) => code);
      expect(codes.sort()).toEqual([
        'credentials_required',
        'credentials_required',
        'credentials_required',
        'insufficient_scope',
        'invalid_token',
      ]);
      for (const path of ['/fault', '/own']) expect(challengeOf(await running.get(path))).toBeNull();
    });

    it('that extend BaseExceptionFilter pass on the whole problem, and leave others alone', async () => {
      await running.start(partsWith(LoggingFilter, how));
      for (const path of ['/user', '/service']) {
        const response = await running.get(path, bad);
        expect(response.status).toBe(401);
        const { requestId, code } = await problemIn(response);
        expect(code).toBe('invalid_token');
        expect(challengeOf(response)).toBe(`${BEARER}, error="invalid_token"`);
        expect((await running.events.about('request.refused', requestId)).code).toBe('invalid_token');
      }
      const own = await running.get('/own');
      expect([own.status, challengeOf(own), await own.json()]).toEqual([
        401,
        null,
        { own: 'body', statusCode: 401 },
      ]);
      expect((await running.get('/fault')).status).toBe(500);
    });

    it('for UnauthorizedException leave our answers to us', async () => {
      await running.start(partsWith(UnauthorizedFilter, how));
      expect((await problemIn(await running.get('/user', bad))).code).toBe('invalid_token');
      expect(await (await running.get('/own')).json()).toEqual({ envelope: 401 });
    });

    it.each([
      ['answerProblem()', AnsweringFilter],
      ['problemOf()', ExtendingFilter],
    ] as const)('have the whole answer by %s', async (_, filter) => {
      await running.start(partsWith(filter, how));
      for (const path of ['/user', '/service']) {
        const response = await running.get(path, bad);
        expect(response.status).toBe(401);
        expect(challengeOf(response)).toBe(`${BEARER}, error="invalid_token"`);
        expect(response.headers.get('cache-control')).toBe('no-store');
        const { requestId, code } = await problemIn(response);
        expect(code).toBe('invalid_token');
        expect((await running.events.about('request.refused', requestId)).code).toBe('invalid_token');
      }
    });
  });

  describe('and guards of its own', () => {
    const seen: { error: unknown; info: unknown }[] = [];

    class OwnWords extends AuthGuard('jwt') {
      // biome-ignore lint/suspicious/noExplicitAny: so it is declared by @nestjs/passport.
      override handleRequest<T = any>(error: unknown, user: T | false, info: unknown): T {
        seen.push({ error, info });
        if (error || !user) throw new UnauthorizedException({ statusCode: 401, own: 'words' });
        return user;
      }
    }

    class Optional extends AuthGuard(['jwt', 'headerapikey']) {
      // biome-ignore lint/suspicious/noExplicitAny: so it is declared by @nestjs/passport.
      override handleRequest<T = any>(error: unknown, user: T | false, info: unknown): T {
        seen.push({ error, info });
        return (user || 'nobody') as T;
      }
    }

    class Translating extends JwtGuard {
      override canActivate(host: ExecutionContext): Promise<boolean> {
        return Promise.resolve()
          .then(() => super.canActivate(host))
          .catch(() => Promise.reject(new UnauthorizedException('by us')));
      }
    }

    @Controller()
    class GuardedController {
      @UseGuards(OwnWords)
      @Get('words')
      words() {
        return 'in';
      }

      @UseGuards(Optional)
      @Get('optional')
      optional() {
        return 'in';
      }

      @UseGuards(AuthGuard('jwt'))
      @Get('stock')
      stock() {
        return 'in';
      }

      @UseGuards(AuthGuard(['jwt', 'headerapikey']))
      @Get('stock-either')
      either() {
        return 'in';
      }

      @UseGuards(AuthGuard('headerapikey'))
      @Get('stock-app')
      app() {
        return 'in';
      }

      @UseGuards(Translating)
      @Get('translated')
      translated() {
        return 'in';
      }
    }

    beforeAll(() =>
      running.start({
        portcullis: { tokens: ownTokens, bans: noStrikes, registerPassport: true, globalGuard: false },
        controllers: [GuardedController],
      }),
    );
    beforeEach(() => {
      seen.length = 0;
    });

    it('learn why by handleRequest, and their answer keeps our challenge', async () => {
      const missing = await running.get('/words');
      expect([missing.status, challengeOf(missing)]).toEqual([401, BEARER]);
      expect(await missing.json()).toEqual({ statusCode: 401, own: 'words' });
      expect(seen.at(-1)).toMatchObject({
        error: null,
        info: { code: 'credentials_required', reason: 'no token' },
      });

      const unschemed = await running.get('/words', { authorization: 'eyJx' });
      expect(unschemed.status).toBe(401);
      expect(seen.at(-1)).toMatchObject({ info: { message: expect.stringMatching('has no scheme') } });

      const wrong = await running.get('/words', bad);
      expect([wrong.status, challengeOf(wrong)]).toEqual([401, `${BEARER}, error="invalid_token"`]);
      expect(seen.at(-1)?.error).toMatchObject({ code: 'invalid_token', reason: expect.any(String) });
      const codes = running.events.of('request.refused').map(({ code }) => code);
      expect(codes).toEqual(['credentials_required', 'credentials_required', 'invalid_token']);
    });

    it('that let in somebody without are no refusal', async () => {
      const before = running.events.of('request.refused').length;
      for (const headers of [{}, bad]) {
        const response = await running.get('/optional', headers);
        expect([response.status, challengeOf(response)]).toEqual([200, null]);
      }
      expect(seen[0]?.info).toMatchObject([{ reason: 'no token' }, { reason: 'no api-key' }]);
      expect(running.events.of('request.refused')).toHaveLength(before);
    });

    it('as @nestjs/passport has them challenge for what would help', async () => {
      for (const [path, challenge] of [
        ['/stock', BEARER],
        ['/stock-app', API_KEY],
        ['/stock-either', `${BEARER}, ${API_KEY}`],
      ] as const) {
        const response = await running.get(path);
        expect([response.status, challengeOf(response)]).toEqual([401, challenge]);
      }
      const personal = await running.app
        .get(ApiKeyService)
        .create({ issuer: ownTokens.issuer.url, subject: 'ada', name: 'nightly' });
      const { detail } = await problemIn(await running.get('/stock-app', { 'x-api-key': personal.key }));
      expect(detail).toMatch('an application is missing: send an API key in the header X-API-Key');
    });

    it('that translate a refusal keep its challenge', async () => {
      const response = await running.get('/translated', bad);
      expect([response.status, challengeOf(response)]).toEqual([401, `${BEARER}, error="invalid_token"`]);
      expect(await response.json()).toMatchObject({ message: 'by us' });
    });
  });
});

describeOnPlatforms('what a 401 tells its client, on %s', (running) => {
  const detailOf = async (path: string, ...headers: object[]) => {
    const response = await running.get(path, ...headers);
    expect(response.status).toBe(401);
    const { requestId, detail, code } = await problemIn(response);
    expect(code).toBe('credentials_required');
    return { detail, reason: (await running.events.about('request.refused', requestId)).reason };
  };

  beforeAll(() =>
    running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes, apiKeys: { header: 'X-Depot-Key' } },
      controllers: [RoutesController],
    }),
  );

  it.each(['/app', '/both'])(
    'a proven user: which credential is missing on %s, and in which header',
    async (path) => {
      const { detail, reason } = await detailOf(path, await userWith(running.app));
      expect(detail).toBe(
        'The request proves a user, and an application is missing: send an API key in the header X-Depot-Key.',
      );
      expect(reason).toBe('no api-key (only a(n) user is proven)');
    },
  );

  it.each(['/user', '/both'])(
    'a proven app: that a user is missing on %s, and how one is sent',
    async (path) => {
      const key = (await appWith(running.app))['x-api-key'];
      for (const headers of [{ 'x-depot-key': key }, { authorization: `Bearer ${key}` }]) {
        const { detail } = await detailOf(path, headers);
        expect(detail).toMatch(
          'The request proves an application, and a user is missing: send an access token as "Authorization: Bearer <token>"',
        );
      }
      const both = await detailOf(path, { 'x-depot-key': key, authorization: 'eyJzZWNyZXQ' });
      expect(both.detail).toMatch(/a user is missing.*The Authorization header has no scheme/);
    },
  );

  it('nobody: no more than that it is closed', async () => {
    expect((await detailOf('/user')).detail).toBe('This resource is closed to anonymous callers.');
  });

  it('what is wrong with an Authorization header, and quotes none of it', async () => {
    const token = (await userWith(running.app)).authorization.slice('Bearer '.length);
    for (const [authorization, problem] of [
      [token, 'no scheme'],
      [`JWT ${token}`, 'another scheme'],
      [`Token ${token}`, 'another scheme'],
      [`Bearer: ${token}`, 'another scheme'],
      [`${token} ${token}`, 'another scheme'],
      ['ptc_live_secretsecret', 'no scheme'],
    ] as const) {
      const { detail, reason } = await detailOf('/user', { authorization });
      expect(detail).toMatch(`The Authorization header has ${problem}`);
      expect(reason).toMatch(`The Authorization header has ${problem}`);
      for (const text of [detail, reason]) {
        for (const word of authorization.split(/[ .]/))
          if (!/bearer/i.test(word)) expect(text).not.toContain(word);
      }
    }
  });
});
