import { Controller, Get, type INestApplication, Injectable } from '@nestjs/common';
import {
  type AccessDemand,
  AppIdentity,
  type BearerFormat,
  type Challenge,
  type CredentialScheme,
  declareDemand,
  INVALID_REQUEST,
  PortcullisError,
  PortcullisModule,
  Public,
  type RequestContext,
  RequestLifecycle,
  RequireApp,
} from '@portcullis/auth';
import { noStrikes } from '../support/credentials.js';
import { LineKeeper } from '../support/line-keeper.js';
import { boot, platforms } from '../support/platforms.js';

const APP = new AppIdentity({ appId: 'x', name: 'x', scopes: [] });

/** What comes of a forgotten "await", and would end the process if nobody caught it. */
function aRejection<T>(): T {
  return Promise.reject(new Error('a bug')) as unknown as T;
}

/** Proves whatever it is asked to, and breaks on request. */
@Injectable()
class BreakingScheme implements CredentialScheme<string> {
  readonly kind = 'breaking';
  readonly proves = 'app';
  readonly headers = ['x-break'];

  present(request: RequestContext) {
    const sent = request.header('x-break');
    if (sent === 'malformed') throw new PortcullisError(INVALID_REQUEST, 'spec', { challenge: [this.kind] });
    return sent === 'presents-a-promise' ? aRejection<string>() : sent;
  }

  prove(presented: string): AppIdentity {
    if (presented === 'throws') throw new Error('a bug');
    return (presented === 'proves-nothing' ? undefined : APP) as AppIdentity;
  }

  challenge(refusal: PortcullisError) {
    if (refusal.code === 'invalid_request') return aRejection<Challenge>();
    return { scheme: 'Breaking' };
  }

  async nameOf() {
    return undefined;
  }

  findIn(text: string) {
    if (text.includes('break-the-entrance')) throw new Error('a bug in findIn');
    if (text.includes('find-later')) return aRejection<undefined>();
    return null as unknown as undefined;
  }
}

/** Asks somebody else whether the text is its own, and would prove an app by any. */
@Injectable()
class AskingFormat implements BearerFormat {
  readonly kind = 'asking';
  readonly proves = 'app';

  recognises(text: string): boolean {
    return text === 'rejected' ? aRejection<boolean>() : (Promise.resolve(false) as unknown as boolean);
  }

  prove() {
    return APP;
  }

  async nameOf() {
    return undefined;
  }
}

const ODD = {
  kind: 'odd',
  decorator: '@Odd',
  merge: 'all',
  compile: (value: unknown): AccessDemand => ({
    kind: 'odd',
    describe: () => 'odd',
    check: () => value as undefined,
  }),
} as const;
const Odd = (result: unknown) => declareDemand(ODD, result);

@Controller()
class BreakingController {
  @Public({ identify: true })
  @Get('identifying')
  identifying() {
    return 'in';
  }

  @RequireApp()
  @Get('app')
  app() {
    return 'in';
  }

  @RequireApp()
  @Odd(false)
  @Get('false')
  false() {
    return 'in';
  }

  @RequireApp()
  @Odd(Promise.resolve(false))
  @Get('false-later')
  falseLater() {
    return 'in';
  }

  @RequireApp()
  @Odd(Promise.resolve())
  @Odd(false)
  @Odd(Promise.resolve())
  @Get('false-in-between')
  falseInBetween() {
    return 'in';
  }

  @RequireApp()
  @Odd(Promise.resolve())
  @Odd(undefined)
  @Get('met')
  met() {
    return 'in';
  }
}

describe.each(platforms)('an extension that is broken on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  const logger = new LineKeeper();
  const statusOf = async (path: string, header?: string) =>
    (await fetch(url + path, header === undefined ? {} : { headers: { 'x-break': header } })).status;

  beforeAll(async () => {
    const extensions = [
      {
        name: 'breaking',
        schemes: { breaking: BreakingScheme },
        bearerFormats: { asking: AskingFormat },
      },
    ];
    const portcullis = PortcullisModule.forRoot({ extensions, bans: noStrikes });
    const metadata = { imports: [portcullis], controllers: [BreakingController] };
    ({ app, url } = await boot(platform, metadata, { logger }));
  });
  afterAll(() => app.close());

  it.each(['proves-nothing', 'throws', 'presents-a-promise'])(
    'and %s lets nobody in, also where nobody has to be proven',
    async (how) => {
      expect(await statusOf('/app', 'good')).toBe(200);
      expect(await statusOf('/identifying')).toBe(200);
      expect(await statusOf('/app', how)).toBe(500);
      expect(await statusOf('/identifying', how)).toBe(500);
    },
  );

  it.each(['any', 'rejected'])('and recognises bearer tokens later lets nobody in: %s', async (token) => {
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/app`, { headers })).status).toBe(500);
  });

  it('and finds credentials in URLs later is answered with 500, and the process goes on', async () => {
    expect(await statusOf('/identifying?find-later')).toBe(500);
    expect(await statusOf('/identifying')).toBe(200);
  });

  it('and gives its challenge later has its refusals sent without one', async () => {
    const response = await fetch(`${url}/app`, { headers: { 'x-break': 'malformed' } });
    expect(response.status).toBe(400);
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(logger.lines).toContainEqual(expect.stringContaining('"breaking" has no challenge'));
  });

  it('and breaks the entrance is answered with 500, and the process goes on', async () => {
    const settled = new Promise<number>((resolve) => {
      const stop = app.get(RequestLifecycle).onSettled((_, status) => {
        stop();
        resolve(status);
      });
    });
    expect(await statusOf('/identifying?break-the-entrance')).toBe(500);
    expect(await settled).toBe(500);
    expect(logger.lines).toContainEqual(expect.stringContaining('a bug in findIn'));
    expect(await statusOf('/identifying')).toBe(200);
  });

  it('and says no instead of throwing lets nobody in', async () => {
    for (const path of ['/false', '/false-later', '/false-in-between'])
      expect([path, await statusOf(path, 'good')]).toEqual([path, 500]);
    expect(await statusOf('/met', 'good')).toBe(200);
  });

  it('and breaks while requests are settled disturbs none', async () => {
    const failed = new Promise<void>((resolve) => {
      const stop = app.get(RequestLifecycle).onSettled(() => {
        stop();
        resolve();
        throw new Error('a bug in a listener');
      });
    });
    expect(await statusOf('/app', 'good')).toBe(200);
    await failed;
    expect(logger.lines).toContainEqual(expect.stringContaining('a bug in a listener'));
    expect(await statusOf('/app', 'good')).toBe(200);
  });
});
