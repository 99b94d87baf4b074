import { Controller, Get, Injectable, type Type } from '@nestjs/common';
import * as auth from '@portcullis/auth';
import {
  BanExempt,
  Honeypot,
  PortcullisConfigurationError,
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

/** Decorators of handlers, and of their parameters, with which of the odd values do what the docs say. */
const DECORATORS: Readonly<Record<string, readonly string[]>> = {
  AnyScope: [],
  BanExempt: [],
  CurrentApp: ['undefined'],
  CurrentUser: ['undefined'],
  Honeypot: [],
  Public: ['undefined', 'an empty object'],
  RateLimit: [],
  RateLimitExempt: [],
  RequireApp: [],
  RequireBinding: [],
  RequireClaims: ['a predicate', 'an object'],
  RequireLogin: [],
  RequireUser: [],
  RequireUserOrApp: [],
  Scopes: [],
  Strikes: [],
};

/** Decorators of options, which are no part of a handler. */
const OF_OPTIONS = ['HasMethods', 'IfGiven', 'IsCallable', 'IsSharedSecret'];

const ODD_VALUES: Readonly<Record<string, unknown>> = {
  ...{ false: false, true: true, null: null, undefined: undefined, '0': 0, NaN: Number.NaN, '1n': 1n },
  'an empty text': '',
  'an empty list': [],
  'a list': ['parcels:read'],
  'an empty object': {},
  'an object': { isExempt: true, place: 'elsewhere' },
  'a symbol': Symbol('odd'),
  'a class': class Odd {},
  'a class that is built in': Boolean,
  'an async function': async () => true,
  'a generator': function* () {},
  'a predicate': () => true,
};

const isClass = (value: unknown) => Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;

/** The decorator of a parameter, for a whole handler. */
const onFirst = (decorator: Decorator): Decorator =>
  ((target: object, member: string) => decorator(target, member, 0 as never)) as Decorator;

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
      [called(RateLimit, { ...LIMIT, isExempt: true, place: 'p' }), '@RateLimit has no isExempt, place'],
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

  it('is told of whatever a decorator was given that means nothing to it', async () => {
    const exported = Object.entries(auth)
      .filter(([name, value]) => /^[A-Z]/.test(name) && typeof value === 'function' && !isClass(value))
      .map(([name]) => name);
    expect(exported.sort()).toEqual([...Object.keys(DECORATORS), ...OF_OPTIONS].sort());

    const taken: string[] = [];
    const controllers: Type[] = [];
    for (const name of Object.keys(DECORATORS))
      for (const [index, [odd, value]] of Object.entries(ODD_VALUES).entries())
        try {
          const decorator = called(Reflect.get(auth, name), value);
          controllers.push(
            controllerOf(`${name}${index}`, name.startsWith('Current') ? onFirst(decorator) : decorator),
          );
          taken.push(`${name} ${odd}`);
        } catch (error) {
          expect([name, odd, error]).toEqual([name, odd, expect.any(PortcullisConfigurationError)]);
          expect(String(error)).toContain(`@${name} `);
        }
    const problems = (await problemsOf({ controllers })) ?? [];
    const accepted = taken.filter(
      (_, index) => !problems.some((problem) => problem.startsWith(`${controllers[index]?.name}.get: @`)),
    );
    expect(accepted.sort()).toEqual(
      Object.entries(DECORATORS)
        .flatMap(([name, odd]) => odd.map((each) => `${name} ${each}`))
        .sort(),
    );
  });

  it.each(Object.keys(DECORATORS))('is told of @%s without parentheses', (name) => {
    const decorator = Reflect.get(auth, name) as (...on: unknown[]) => unknown;
    class On {
      get() {}
    }
    const bare = (...on: unknown[]) => expect(() => decorator(...on)).toThrow(`@${name} `);
    if (name.startsWith('Current')) return bare(On.prototype, 'get', 0);
    bare(On.prototype, 'get', Object.getOwnPropertyDescriptor(On.prototype, 'get'));
    bare(On);
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
