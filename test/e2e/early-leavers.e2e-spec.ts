import { once } from 'node:events';
import {
  BadRequestException,
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  type PipeTransform,
  Query,
  UnauthorizedException,
} from '@nestjs/common';
import { Public, RequestLifecycle, RequireUser } from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { RawConnection } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** What a handler waits for, and says when it is reached. */
class Gate {
  reached: Promise<void>;
  #open = () => {};
  #reach = () => {};
  readonly #opened: Promise<void>;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  pass(): Promise<void> {
    this.#reach();
    return this.#opened;
  }

  open(): void {
    this.#open();
  }
}

let gate: Gate;

@Injectable()
class RefusingPipe implements PipeTransform {
  async transform() {
    await gate.pass();
    throw new BadRequestException();
  }
}

@Public()
@Controller()
class LoginsController {
  @Get('unauthorized')
  async unauthorized() {
    await gate.pass();
    throw new UnauthorizedException();
  }

  @Get('forbidden')
  async forbidden() {
    await gate.pass();
    throw new ForbiddenException();
  }

  @Get('pipe')
  pipe(@Query('x', RefusingPipe) x: string) {
    return x;
  }

  @Get('fine')
  async fine() {
    await gate.pass();
    return 'in';
  }

  @RequireUser()
  @Get('guarded')
  guarded() {
    return 'in';
  }
}

describeOnPlatforms('a request whose client leaves before the answer, on %s', (running) => {
  let settled: string[];
  let next: () => Promise<unknown>;
  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [LoginsController],
    });
    let tell = () => {};
    next = () =>
      new Promise<void>((resolve) => {
        tell = resolve;
      });
    running.app.get(RequestLifecycle).onSettled((request, status) => {
      settled.push(`${request.path} ${status}`);
      tell();
    });
  });
  beforeEach(() => {
    gate = new Gate();
    settled = [];
  });

  it.each([
    ['/unauthorized', 401],
    ['/forbidden', 403],
    ['/pipe', 400],
    ['/fine', 200],
  ])('is settled once, when the app has an answer: %s', async (path, status) => {
    const arrived = once(running.app.getHttpServer(), 'connection');
    const connection = await RawConnection.open(running.url);
    const [socket] = await arrived;
    const gone = once(socket, 'close');
    connection.request(`GET ${path}?x=1`);
    await gate.reached;
    connection.destroy();
    await gone;
    expect(settled).toEqual([]);
    const told = next();
    gate.open();
    await told;
    await new Promise(setImmediate);
    expect(settled).toEqual([`${path} ${status}`]);
  });

  it('is settled once, as any other, where the client waits', async () => {
    gate.open();
    for (const [path, status] of [
      ['/unauthorized', 401],
      ['/guarded', 401],
      ['/fine', 200],
      ['/nowhere', 404],
    ] as const) {
      const told = next();
      expect((await running.fetch(path)).status).toBe(status);
      await told;
    }
    expect(settled).toEqual(['/unauthorized 401', '/guarded 401', '/fine 200', '/nowhere 404']);
  });
});
