import { Readable } from 'node:stream';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Header,
  type INestApplication,
  type NestInterceptor,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Public, RequireApp, RequireUser, RequireUserOrApp } from '@portcullis/auth';
import { of } from 'rxjs';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** What both platforms hand out as a response, as far as these handlers use it. */
interface AnyResponse {
  readonly raw?: AnyResponse;
  header(name: string, value: string): unknown;
  setHeader(name: string, value: string): unknown;
  send(body: unknown): unknown;
  end(body: string): unknown;
  writeHead: (status: number, headers: object) => unknown;
  hijack?(): unknown;
}

const CACHED = 'private, max-age=60';

/** As who takes an answer out of the framework's hands. */
function writeRaw(response: AnyResponse, headers: object): void {
  response.hijack?.();
  const raw = response.raw ?? response;
  raw.writeHead(200, headers);
  raw.end('a');
}

/** As middlewares do that add a header to whatever is answered. */
function addLate(response: AnyResponse): void {
  const writeHead = response.writeHead.bind(response);
  response.writeHead = (...head) => {
    response.setHeader('X-Late', 'yes');
    return writeHead(...head);
  };
}

class CachingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    context.switchToHttp().getResponse<AnyResponse>().header('Cache-Control', CACHED);
    return next.handle();
  }
}

@RequireUserOrApp()
@Controller('silent')
class SilentController {
  @Get('json')
  json() {
    return { a: 1 };
  }

  @Get('nothing')
  nothing() {}

  @Get('file')
  file() {
    return new StreamableFile(Readable.from(['a', 'b']));
  }

  @Get('sent')
  sent(@Res() response: AnyResponse) {
    response.send('a');
  }

  @Get('raw')
  raw(@Res() response: AnyResponse) {
    response.hijack?.();
    (response.raw ?? response).end('a');
  }

  @Get('head')
  head(@Res() response: AnyResponse) {
    writeRaw(response, { 'Content-Type': 'text/plain' });
  }

  @Get('list')
  list(@Res() response: AnyResponse) {
    writeRaw(response, ['Content-Type', 'text/plain']);
  }

  @Get('wrapped')
  wrapped(@Res() response: AnyResponse) {
    const raw = response.raw ?? response;
    const writeHead = raw.writeHead.bind(raw);
    raw.writeHead = (...head) => writeHead(...head);
    writeRaw(response, { 'Content-Type': 'text/plain' });
  }

  @Get('refused')
  @UseGuards({ canActivate: () => Promise.reject(new ForbiddenException()) })
  refused() {}

  @Get('broken')
  broken() {
    throw new Error('broken');
  }

  @Get('broken-stream')
  brokenStream() {
    const file = new Readable({ read: () => undefined });
    queueMicrotask(() => file.destroy(new Error('broken')));
    return new StreamableFile(file);
  }

  @RequireUser('parcels:read')
  @Get('scope')
  scope() {}
}

@RequireUserOrApp()
@Controller('said')
class SaidController {
  @Header('Cache-Control', CACHED)
  @Get('decorator')
  decorator() {
    return { a: 1 };
  }

  @Get('header')
  header(@Res({ passthrough: true }) response: AnyResponse) {
    response.header('cache-control', CACHED);
    return { a: 1 };
  }

  @Get('node')
  node(@Res({ passthrough: true }) response: AnyResponse) {
    (response.raw ?? response).setHeader('Cache-Control', CACHED);
    return { a: 1 };
  }

  @Get('head')
  head(@Res() response: AnyResponse) {
    writeRaw(response, { 'cache-control': CACHED });
  }

  @Get('list')
  list(@Res() response: AnyResponse) {
    writeRaw(response, ['Cache-Control', CACHED]);
  }

  @UseInterceptors(CachingInterceptor)
  @Get('interceptor')
  interceptor() {
    return { a: 1 };
  }

  @Header('Cache-Control', CACHED)
  @Get('file')
  file() {
    return new StreamableFile(Readable.from(['a', 'b']));
  }
}

@Controller('other')
class OtherController {
  @RequireUser()
  @Sse('events')
  events() {
    return of({ data: 'a' });
  }

  @RequireApp()
  @RequireUser()
  @Get('both')
  both() {
    return 'in';
  }

  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @Public({ identify: true })
  @Get('identifying')
  identifying() {
    return 'in';
  }
}

describeOnPlatforms('caches in front of an app on %s', (running) => {
  beforeAll(() =>
    running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [SilentController, SaidController, OtherController],
    }),
  );

  const cachingOf = async (path: string, ...credentials: object[]) => {
    const response = await running.get(path, ...credentials);
    await response.text().catch(() => undefined);
    return [response.status, response.headers.get('cache-control')];
  };
  const credentialsOf = async (app: INestApplication) => [await userWith(app), await appWith(app)];

  it.each([
    ['json', 200],
    ['nothing', 200],
    ['file', 200],
    ['sent', 200],
    ['raw', 200],
    ['head', 200],
    ['list', 200],
    ['wrapped', 200],
    ['refused', 403],
    ['broken', 500],
    ['scope', 403],
    ['unknown', 404],
  ])('keep nothing that a credential has opened: %s', async (name, status) => {
    const expected = [status, name === 'unknown' ? null : 'no-store'];
    for (const credential of await credentialsOf(running.app)) {
      const isOfAnApp = 'x-api-key' in credential;
      const answer = await cachingOf(`/silent/${name}`, credential);
      expect(answer).toEqual(name === 'scope' && isOfAnApp ? [401, 'no-store'] : expected);
    }
  });

  it('keep nothing of a stream that broke off', async () => {
    for (const credential of await credentialsOf(running.app))
      expect((await cachingOf('/silent/broken-stream', credential))[1]).toBe('no-store');
  });

  it.each(['decorator', 'header', 'node', 'head', 'list', 'interceptor', 'file'])(
    'keep what its handler says may be kept: by %s',
    async (name) => {
      for (const credential of await credentialsOf(running.app))
        expect(await cachingOf(`/said/${name}`, credential)).toEqual([200, CACHED]);
    },
  );

  it('are told once, and of a stream of events what Nest says', async () => {
    const [user, key] = await credentialsOf(running.app);
    expect(await cachingOf('/other/both', user as object, key as object)).toEqual([200, 'no-store']);
    const [, caching] = await cachingOf('/other/events', user as object);
    expect(caching).toContain('no-store');
  });

  it('may keep what is for everyone, unless a credential was looked at', async () => {
    const [user] = await credentialsOf(running.app);
    expect(await cachingOf('/other/public')).toEqual([200, null]);
    expect(await cachingOf('/other/public', user as object)).toEqual([200, null]);
    expect(await cachingOf('/other/identifying')).toEqual([200, null]);
    expect(await cachingOf('/other/identifying', user as object)).toEqual([200, 'no-store']);
  });
});

describeOnPlatforms('what an app on %s says for all its routes', (running) => {
  it('by a middleware, does not hold for what a credential has opened', async () => {
    await running.start({
      portcullis: { tokens: ownTokens },
      controllers: [SilentController, OtherController],
      prepare: (app) =>
        app.use((request: { readonly url: string }, response: AnyResponse, next: () => void) => {
          response.setHeader('Cache-Control', 'public, max-age=60');
          if (request.url.endsWith('json')) addLate(response);
          next();
        }),
    });
    const user = await userWith(running.app);
    const headersOf = async (path: string) => {
      const { headers } = await running.get(path, user);
      return [headers.get('cache-control'), headers.get('x-late')];
    };
    expect(await headersOf('/silent/json')).toEqual(['no-store', 'yes']);
    expect(await headersOf('/silent/sent')).toEqual(['no-store', null]);
    expect(await headersOf('/other/public')).toEqual(['public, max-age=60', null]);
  });
});
