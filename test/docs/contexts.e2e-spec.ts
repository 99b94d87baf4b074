import { NestFactory } from '@nestjs/core';
import { PasswordVerifier, PortcullisError, TEMPORARILY_UNAVAILABLE } from '@portcullis/auth';
import { Messages } from '../support/messages.js';
import { importFrom, layOut } from '../support/pages.js';

const PAGE = 'docs/guides/contexts.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
afterAll(laidOut.remove);

it.each([true, false])(
  'message handlers run by their own guards (inheritAppConfig: %s)',
  async (inherits) => {
    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    const messages = new Messages();
    await messages.connect(app, inherits);
    expect(await messages.ask('parcels.count')).toBe(7);
    app.get(PasswordVerifier).hash = () =>
      Promise.reject(
        new PortcullisError(TEMPORARILY_UNAVAILABLE, 'the queue is full', { retryAfterSeconds: 5 }),
      );
    await expect(messages.ask('passwords.hash', 'x')).rejects.toEqual({
      status: 'error',
      code: 'temporarily_unavailable',
      message: TEMPORARILY_UNAVAILABLE.detail,
      retryAfterSeconds: 5,
    });
    await app.close();
  },
);
