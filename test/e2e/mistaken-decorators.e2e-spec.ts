import { Controller, Get, Injectable, type Type } from '@nestjs/common';
import {
  BanExempt,
  Honeypot,
  type PortcullisConfigurationError,
  Public,
  RateLimit,
  RequireClaims,
  RequireLogin,
  Scopes,
  Strikes,
} from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { type AppParts, describeOnPlatforms } from '../support/running-app.js';

type Decorator = ClassDecorator & MethodDecorator;

const portcullis = { tokens: ownTokens, bans: noStrikes };
const LIMIT = { requests: 1, windowSeconds: 60 };
const LOGIN = { event: 'login_failed' };

/** A decorator as JavaScript, or a variable of any type, lets it be called. */
const called = (decorator: unknown, ...given: unknown[]) =>
  (decorator as (...given: unknown[]) => Decorator)(...given);

/** A controller of this name, with a decorator on its handler and others on itself. */
function controllerOf(name: string, onHandler: Decorator, ...onClass: readonly Decorator[]): Type {
  const type = {
    [name]: class {
      get() {}
    },
  }[name] as Type;
  const { prototype } = type;
  const handler = Object.getOwnPropertyDescriptor(prototype, 'get') as PropertyDescriptor;
  for (const decorate of [onHandler, Get()]) decorate(prototype, 'get', handler);
  for (const decorate of [...onClass, Controller(name)]) decorate(type);
  return type;
}

describeOnPlatforms('an app with a mistaken decorator on %s', (running) => {
  const problemsOf = (parts: AppParts): Promise<readonly string[] | undefined> =>
    running.start({ portcullis, ...parts }).then(
      () => undefined,
      (error: PortcullisConfigurationError) => error.problems,
    );

  it('is told of each that was given what makes no sense, at once', async () => {
    const limit = '@RateLimit needs whole, positive requests and windowSeconds, the latter at most 2147483';
    const open = '@Public takes nothing, or { identify: true }';
    const claims = '@RequireClaims must name claims, each with a text, a number or a boolean';
    const event = expect.stringMatching(/: @Strikes needs an event, statuses, /);
    const wrong: readonly [Decorator, unknown][] = [
      [called(RateLimit), limit],
      [called(RateLimit, 10, 60), limit],
      [called(RateLimit, { ...LIMIT, ttl: 5 }), '@RateLimit has no ttl'],
      [called(Strikes), event],
      [called(Strikes, 'login_failed'), event],
      [called(Strikes, { event: ['login_failed'] }), event],
      [called(Strikes, { ...LOGIN, statuses: [401] }), '@Strikes has no statuses'],
      [
        called(Strikes, { ...LOGIN, windowSeconds: 60 }),
        '@Strikes has windowSeconds, but no score to remember',
      ],
      [called(Public, true), open],
      [called(Public, null), open],
      [called(Public, { identify: 'yes' }), open],
      [called(Public, { optional: true }), open],
      [called(RequireClaims), claims],
      [called(RequireClaims, 'admin'), claims],
      [called(RequireClaims, ['admin']), claims],
      [called(RequireClaims, { role: undefined }), claims],
      [called(RequireLogin), '@RequireLogin must name one of acr, amr, maxAgeSeconds'],
      [called(RequireLogin, { maxAge: 300 }), expect.stringContaining('has no part "maxAge"')],
      [called(Scopes), '@Scopes names no scope'],
    ];
    const controllers = wrong.map(([decorator], index) => controllerOf(`Wrong${index}`, decorator));
    const told = wrong.map(([, text], index) =>
      typeof text === 'string' ? `Wrong${index}.get: ${text}` : text,
    );
    expect(await problemsOf({ controllers })).toEqual(told);
  });

  it('is told of what the decorator of a class leaves without effect on a method', async () => {
    const [exempt, decoy] = [BanExempt(), Honeypot()];
    const controllers = [
      controllerOf('Exempt', Strikes(LOGIN), Public(), exempt),
      controllerOf('Decoy', RateLimit(LIMIT), decoy),
      controllerOf('Harmless', exempt, decoy),
    ];
    const without = (place: string, decorator: string, by: string) =>
      `${place}.get: ${decorator} is without effect, because ${place} says ${by}: leave one of them out`;
    expect(await problemsOf({ controllers })).toEqual([
      without('Exempt', '@Strikes', '@BanExempt'),
      without('Decoy', '@RateLimit', '@Honeypot'),
      without('Harmless', '@BanExempt', '@Honeypot'),
    ]);
  });

  it('boots where a method says what its class does not, and that counts', async () => {
    const controllers = [controllerOf('exempt', BanExempt(), Public(), Strikes(LOGIN))];
    expect(await problemsOf({ controllers })).toBeUndefined();
    expect(await running.statusOf('/exempt')).toBe(200);
  });

  it.each<[string, Decorator]>([
    ['@RateLimit', RateLimit(LIMIT)],
    ['@Strikes', Strikes(LOGIN)],
    ['@Honeypot', Honeypot()],
    ['@BanExempt', BanExempt()],
  ])('is told of %s on a service, on a method and on the whole', async (name, decorator) => {
    class Service {
      @decorator
      logIn() {}
    }
    Injectable()(Service);
    decorator(Service);
    const stray = `${name} protects nothing, because no request leads there: put it on the handler of a controller, such as one under @Get()`;
    expect(await problemsOf({ providers: [Service] })).toEqual([
      `Service.logIn: ${stray}`,
      `Service: ${stray}`,
    ]);
  });
});
