import { Controller, Get, type INestApplication, UnauthorizedException } from '@nestjs/common';
import { CurrentUser, Public, RequestLifecycle, RequireUser, type UserIdentity } from '@portcullis/auth';
import serverless from 'serverless-http';
import { eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class FunctionController {
  @Public()
  @Get('open')
  open() {
    return 'in';
  }

  @Public()
  @Get('own-refusal')
  ownRefusal() {
    throw new UnauthorizedException();
  }

  @RequireUser('orders:read')
  @Get('guarded')
  guarded(@CurrentUser() user: UserIdentity) {
    return user.subject;
  }
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Invoke = (path: string, from: string, headers?: Record<string, string>) => Promise<Answer>;

/** How a deployed app is wrapped, before it starts: an HTTP API of AWS calls it as a function, and there is no server. */
function wrap(app: INestApplication): Invoke {
  const call = serverless(app.getHttpServer());
  return async (path, from, headers = {}) => {
    const http = { method: 'GET', path, sourceIp: from, protocol: 'HTTP/1.1' };
    const event = {
      version: '2.0',
      rawPath: path,
      rawQueryString: '',
      headers: { host: 'api.example', ...headers },
      requestContext: { http, stage: '$default' },
    };
    return (await call(event, {})) as Answer;
  };
}

const LIMIT = 10;

/** What each kind of request is answered, whoever says so. */
const ANSWERS = [
  ['/open', 200],
  ['/guarded', 401],
  ['/own-refusal', 401],
  ['/nowhere', 404],
] as const;

describeOnPlatforms('an app that is called as a function, on %s', (running) => {
  let invoke: Invoke;
  let settled: string[];
  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { ...eachRefusal, strikeLimit: LIMIT } },
      controllers: [FunctionController],
      prepare: (app) => {
        invoke = wrap(app);
      },
    });
    running.app
      .get(RequestLifecycle)
      .onSettled(({ path, address }, status) => void settled.push(`${path} ${status} ${address.text}`));
  });
  beforeEach(() => {
    settled = [];
  });

  it.each(ANSWERS)('settles %s once, with the %i that it answers', async (path, status) => {
    expect((await invoke(path, '198.51.100.1')).statusCode).toBe(status);
    await new Promise(setImmediate);
    expect(settled).toEqual([`${path} ${status} 198.51.100.1`]);
  });

  it('knows who is calling, and gives challenges', async () => {
    const ada = await userWith(running.app, ['orders:read']);
    expect(await invoke('/guarded', '198.51.100.2', ada)).toMatchObject({ statusCode: 200, body: 'ada' });
    const bob = await userWith(running.app, [], 'bob');
    const { statusCode, headers } = await invoke('/guarded', '198.51.100.2', bob);
    expect(statusCode).toBe(403);
    expect(headers['www-authenticate']).toContain('error="insufficient_scope"');
  });

  it('bans who comes to the limit, and nobody else', async () => {
    const from = '198.51.100.3';
    const answers = await Promise.all(Array.from({ length: 30 }, () => invoke('/guarded', from)));
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(LIMIT);
    expect(answers.at(-1)?.statusCode).toBe(403);
    expect((await invoke('/open', from)).statusCode).toBe(403);
    expect((await invoke('/open', '198.51.100.4')).statusCode).toBe(200);
  });
});
