import { inspect } from 'node:util';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type INestApplication,
  Logger,
  Post,
} from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { Public } from '@portcullis/auth';
import { noStrikes } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { LineKeeper } from '../support/line-keeper.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Public()
@Controller()
class EchoController {
  @Post('login')
  login(@Body() body: unknown) {
    return typeof body;
  }
}

/** What many apps have: everything that is thrown goes to the log, as deep as it is. */
@Catch()
class LoggingFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost) {
    new Logger('App').error(inspect(error, { depth: 10, showHidden: true }));
    super.catch(error, host);
  }
}

const SECRET = 'hunter2';

describeOnPlatforms('a body that is no JSON, on %s', (running) => {
  const logger = new LineKeeper();
  const start = (prepare?: (app: INestApplication) => unknown) =>
    running.start({
      portcullis: { bans: noStrikes },
      controllers: [EchoController],
      rawBody: true,
      logger,
      ...(prepare && { prepare }),
    });
  const bodies = [
    SECRET,
    `{"password":"${SECRET}"`,
    `{"password":${SECRET}}`,
    `{"password":"${SECRET}",}`,
    `{"a":"\\${SECRET}"}`,
    `"${SECRET}\n"`,
  ];

  it.each(bodies)('is refused, and not repeated to anybody: %j', async (body) => {
    await start();
    const response = await running.send('POST', '/login', {}, body);
    expect(response.status).toBe(400);
    const text = await response.clone().text();
    expect((await problemIn(response)).code).toBe('malformed_request');
    expect(text).not.toContain('hunter');
    expect(running.events.of('request.refused')).toMatchObject([
      { code: 'malformed_request', reason: 'the body is no JSON', request: { path: '/login' } },
    ]);
    expect(logger.lines.join('\n')).not.toContain('hunter');
  });

  it.each(bodies)("is not in the log of an app's own filter either: %j", async (body) => {
    await start((app) => app.useGlobalFilters(new LoggingFilter(app.get(HttpAdapterHost).httpAdapter)));
    const response = await running.send('POST', '/login', {}, body);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('hunter');
    expect(logger.lines.join('\n')).not.toContain('hunter');
  });

  it('is told from one that is too long, or of a type that nobody reads', async () => {
    await start();
    const long = JSON.stringify('x'.repeat(2 ** 21));
    expect((await running.send('POST', '/login', {}, long)).status).toBe(413);
    const typed = await running.fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=hunter2' },
      body: '{}',
    });
    expect([typed.status, typed.headers.get('content-type')]).not.toContain(500);
    expect((await running.send('POST', '/login', {}, '{}')).status).toBe(201);
  });
});
