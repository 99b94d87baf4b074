import { BanExempt, Honeypot } from '../bans/ban.decorator.js';
import { PortcullisConfigurationError } from '../errors.js';
import { ClaimsCheck, type ClaimsDemand } from '../tokens/claims-demand.js';
import { RequireClaims } from '../tokens/require-claims.decorator.js';
import { AnyScope, Public, RequireApp, RequireUser, RequireUserOrApp, Scopes } from './access.decorator.js';
import { type AccessRule, compileAccessRule, demandingAlso } from './access-rule.js';
import { declareTrait } from './declare.js';

const NOTHING = { allOf: [], anyOf: [] };
const all = (...scopes: string[]) => ({ allOf: scopes, anyOf: [] });

/** Replaces the method by another function, as tracing and caching decorators do. */
function Wrapped(): MethodDecorator {
  return (_target: object, _name: string | symbol, descriptor: PropertyDescriptor) => {
    const { value } = descriptor;
    descriptor.value = (...parameters: unknown[]) => value(...parameters);
  };
}

/** A trait that opens a handler, as an app may define one: it says nothing about what it excludes. */
const Opening = () =>
  declareTrait({ name: 'banExempt', decorator: '@Opening', opens: true, compile: () => true }, true);

/** The compiled rule of `Routes.handle` with these decorators, the first one on top. */
function ruleOf(onMethod: MethodDecorator[], onClass: ClassDecorator[] = []) {
  class Routes {
    handle() {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(Routes.prototype, 'handle') as PropertyDescriptor;
  Reflect.decorate(onMethod, Routes.prototype, 'handle', descriptor);
  if (onClass.length > 0) Reflect.decorate(onClass, Routes);
  return compileAccessRule(Routes, 'handle');
}

function problemsOf(compile: () => unknown): readonly string[] {
  try {
    compile();
  } catch (error) {
    if (error instanceof PortcullisConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('the rule of one handler', () => {
  it('is closed to anonymous callers where nothing is declared', () => {
    expect(ruleOf([])).toEqual({
      handler: 'Routes.handle',
      requires: 'either',
      identify: true,
      user: NOTHING,
      app: NOTHING,
      demands: [],
      declared: false,
      traits: {},
    });
  });

  it('demands a user with all scopes by @RequireUser, and asks nothing of an app', () => {
    const rule = ruleOf([RequireUser('parcels:read', 'parcels:write')]);
    expect(rule).toMatchObject({ requires: 'user', declared: true, app: NOTHING });
    expect(rule.user).toEqual(all('parcels:read', 'parcels:write'));
  });

  it('demands an app with all scopes by @RequireApp, and asks nothing of a user', () => {
    expect(ruleOf([RequireApp('scans:write')])).toMatchObject({
      requires: 'app',
      app: all('scans:write'),
      user: NOTHING,
    });
  });

  it('demands one of them, and the scopes of whichever comes, by @RequireUserOrApp', () => {
    expect(ruleOf([RequireUserOrApp('reports:read')])).toMatchObject({
      requires: 'either',
      app: all('reports:read'),
      user: all('reports:read'),
    });
  });

  it.each([
    ['@RequireUser above', [RequireUser('parcels:deliver'), RequireApp('handovers:write')]],
    ['@RequireApp above', [RequireApp('handovers:write'), RequireUser('parcels:deliver')]],
  ])('demands both, each with its own scopes, when they are stacked with %s', (_, decorators) => {
    expect(ruleOf(decorators)).toMatchObject({
      requires: 'both',
      user: all('parcels:deliver'),
      app: all('handovers:write'),
    });
  });

  it('adds up two @RequireUser on one method', () => {
    const { user } = ruleOf([RequireUser('parcels:read'), RequireUser('parcels:write')]);
    expect([...user.allOf].sort()).toEqual(['parcels:read', 'parcels:write']);
  });

  it('demands @Scopes of both identities', () => {
    expect(ruleOf([RequireUser('parcels:read'), RequireApp(), Scopes('reports:read')])).toMatchObject({
      user: all('parcels:read', 'reports:read'),
      app: all('reports:read'),
    });
  });

  it('demands one of each @AnyScope', () => {
    const { user, app } = ruleOf([AnyScope('a:1', 'a:2'), AnyScope('b:1', 'b:2')]);
    expect(user.anyOf).toEqual(app.anyOf);
    expect([...user.anyOf].sort()).toEqual([
      ['a:1', 'a:2'],
      ['b:1', 'b:2'],
    ]);
  });

  it('names a scope once, however often it is demanded', () => {
    expect(ruleOf([RequireUser('parcels:read'), Scopes('parcels:read')]).user).toEqual(all('parcels:read'));
  });

  it('requires nothing and ignores credentials by @Public', () => {
    expect(ruleOf([Public()])).toMatchObject({ requires: 'none', identify: false, declared: true });
  });

  it('requires nothing but looks at credentials by @Public({ identify: true })', () => {
    expect(ruleOf([Public({ identify: true })])).toMatchObject({ requires: 'none', identify: true });
  });

  it('is open and a trap by @Honeypot', () => {
    expect(ruleOf([Honeypot()])).toMatchObject({
      requires: 'none',
      identify: false,
      traits: { honeypot: true },
    });
  });

  it('stays closed by @BanExempt, which only spares strikes', () => {
    expect(ruleOf([BanExempt()])).toMatchObject({
      requires: 'either',
      declared: false,
      traits: { banExempt: true },
    });
  });

  it('is immutable', () => {
    const rule = ruleOf([RequireUser('parcels:read'), AnyScope('a:1', 'a:2')]);
    const parts = [rule, rule.user, rule.user.allOf, rule.user.anyOf, rule.app, rule.app.allOf];
    expect(parts.filter((part) => !Object.isFrozen(part))).toEqual([]);
  });

  it.each([
    ['above', [Wrapped(), RequireUser('parcels:read')]],
    ['below', [RequireUser('parcels:read'), Wrapped()]],
    ['around', [Wrapped(), RequireUser('parcels:read'), Wrapped()]],
  ])('survives a decorator that wraps the method, %s ours', (_, decorators) => {
    expect(ruleOf(decorators)).toMatchObject({ requires: 'user', user: all('parcels:read') });
  });
});

describe('@RequireClaims', () => {
  const FRAUD = { department: 'fraud' };
  const claims = (...wanted: ClaimsDemand[]) => wanted.map((each) => new ClaimsCheck(each));
  const wantedBy = ({ demands }: AccessRule) => demands.map((demand) => (demand as ClaimsCheck).wanted);
  const isAdult = ({ age }: Readonly<Record<string, unknown>>) => Number(age) >= 18;

  it('demands a user, for only a user has claims', () => {
    for (const others of [[], [RequireUser()], [RequireUserOrApp()]]) {
      expect(ruleOf([RequireClaims(FRAUD), ...others])).toMatchObject({
        requires: 'user',
        demands: claims(FRAUD),
        declared: true,
        identify: true,
      });
    }
    expect(ruleOf([RequireClaims(FRAUD), RequireApp()])).toMatchObject({
      requires: 'both',
      demands: claims(FRAUD),
    });
    expect(ruleOf([RequireClaims(FRAUD), Scopes('a:1')])).toMatchObject({
      requires: 'user',
      user: all('a:1'),
    });
  });

  it('must all be met, wherever they stand', () => {
    const rule = ruleOf([RequireClaims(FRAUD), RequireClaims(isAdult)]);
    const both = wantedBy(rule);
    expect(both).toHaveLength(2);
    expect(both).toEqual(expect.arrayContaining([FRAUD, isAdult]));
    expect(wantedBy(ruleOf([RequireClaims(isAdult)], [RequireClaims(FRAUD)]))).toEqual([isAdult, FRAUD]);
    expect(wantedBy(ruleOf([RequireUser()], [RequireClaims(FRAUD)]))).toEqual([FRAUD]);
    expect(Object.isFrozen(rule.demands)).toBe(true);
  });

  it('of the class stays where the method says who may call', () => {
    expect(ruleOf([RequireApp()], [RequireClaims(FRAUD)])).toMatchObject({
      requires: 'both',
      demands: claims(FRAUD),
    });
    expect(ruleOf([RequireUserOrApp()], [RequireClaims(FRAUD)])).toMatchObject({
      requires: 'user',
      demands: claims(FRAUD),
    });
  });

  it("of the method closes the class's @Public and @Honeypot", () => {
    for (const open of [Public(), Public({ identify: true }), Honeypot()]) {
      expect(ruleOf([RequireClaims(FRAUD)], [open])).toMatchObject({
        requires: 'user',
        demands: claims(FRAUD),
        traits: {},
      });
    }
  });

  it("of the class is lifted by the method's @Public", () => {
    for (const open of [Public(), Public({ identify: true })]) {
      expect(ruleOf([open], [RequireClaims(FRAUD)])).toMatchObject({ requires: 'none', demands: [] });
    }
  });

  it('stays with a guard that stands alone', () => {
    const rule = ruleOf([RequireClaims(FRAUD)]);
    expect(demandingAlso(rule, 'user')).toMatchObject({ requires: 'user', demands: claims(FRAUD) });
    expect(demandingAlso(rule, 'app')).toMatchObject({ requires: 'both', demands: claims(FRAUD) });
  });

  it.each<[string, object]>([
    ['nothing at all', {}],
    ['a value that is undefined, as from a variable that is not set', { department: undefined }],
    ['a value that is null', { department: null }],
    ['a value that is an object', { department: { name: 'fraud' } }],
    ['a list', { department: ['fraud'] }],
    ['no number', { level: Number.NaN }],
  ])('that demands %s is refused by name', (_, demand) => {
    const [problem, ...others] = problemsOf(() => ruleOf([RequireClaims(demand as Record<string, string>)]));
    expect(others).toEqual([]);
    expect(problem).toContain('Routes.handle: @RequireClaims');
  });
});

describe('where class and method differ', () => {
  it.each<[string, MethodDecorator, ClassDecorator, object]>([
    ['@Public', Public(), RequireUser('a:1'), { requires: 'none', identify: false, user: NOTHING }],
    ['@RequireUser', RequireUser('b:1'), Public(), { requires: 'user', identify: true, user: all('b:1') }],
    [
      '@RequireApp',
      RequireApp('b:1'),
      RequireUser('a:1'),
      { requires: 'app', user: NOTHING, app: all('b:1') },
    ],
    ['@RequireUser', RequireUser(), RequireUser('a:1'), { requires: 'user', user: NOTHING }],
    ['@RequireUserOrApp', RequireUserOrApp(), RequireUser('a:1'), { requires: 'either', user: NOTHING }],
    ['@Scopes', Scopes('b:1'), Scopes('a:1'), { requires: 'either', user: all('b:1'), app: all('b:1') }],
    ['@AnyScope', AnyScope('b:1'), AnyScope('a:1'), { user: { allOf: [], anyOf: [['b:1']] } }],
    ['@Honeypot', Honeypot(), RequireUser('a:1'), { requires: 'none', traits: { honeypot: true } }],
    ['@Public', Public(), Honeypot(), { requires: 'none', traits: {} }],
  ])("the method's %s wins", (_, onMethod, onClass, expected) => {
    expect(ruleOf([onMethod], [onClass])).toMatchObject(expected);
  });

  it('the class says who, where the method is silent', () => {
    expect(ruleOf([], [RequireUser('a:1')])).toMatchObject({
      requires: 'user',
      declared: true,
      user: all('a:1'),
    });
    expect(ruleOf([], [Public()])).toMatchObject({ requires: 'none', declared: true });
    expect(ruleOf([], [BanExempt()])).toMatchObject({ traits: { banExempt: true } });
  });

  it("the class's @Scopes join the method's who", () => {
    expect(ruleOf([RequireUser('b:1')], [Scopes('a:1'), AnyScope('c:1')])).toMatchObject({
      requires: 'user',
      user: { allOf: ['b:1', 'a:1'], anyOf: [['c:1']] },
    });
  });

  it("the method's @Scopes join the class's who", () => {
    expect(ruleOf([Scopes('b:1')], [RequireUser('a:1')])).toMatchObject({
      requires: 'user',
      user: all('a:1', 'b:1'),
    });
  });

  it.each([
    ['@Scopes', Scopes('a:1')],
    ['@AnyScope', AnyScope('a:1')],
  ])("the method's %s closes what the class's @Public opened", (_, onMethod) => {
    for (const onClass of [Public(), Public({ identify: true })]) {
      expect(ruleOf([onMethod], [onClass])).toMatchObject({ requires: 'either', identify: true });
    }
  });

  it("the method's @Public({ identify: true }) asks no scope of anyone, whatever the class asks", () => {
    for (const onClass of [Scopes('a:1'), AnyScope('a:1'), RequireUser('a:1'), RequireApp('a:1')]) {
      const rule = ruleOf([Public({ identify: true })], [onClass]);
      expect(rule).toMatchObject({ requires: 'none', identify: true, user: NOTHING, app: NOTHING });
    }
  });

  it("the method's @Scopes makes the class's @Honeypot an ordinary route", () => {
    expect(ruleOf([Scopes('a:1')], [Honeypot()])).toMatchObject({ requires: 'either', traits: {} });
  });

  it("the method's @BanExempt leaves the class's @Public open", () => {
    expect(ruleOf([BanExempt()], [Public()])).toMatchObject({
      requires: 'none',
      traits: { banExempt: true },
    });
  });
});

describe('inheritance', () => {
  @RequireUser('a:1')
  class Base {
    @RequireApp('b:1')
    both() {}
    quiet() {}
  }

  it('a subclass inherits what it does not declare', () => {
    class Sub extends Base {}
    expect(compileAccessRule(Sub, 'both')).toMatchObject({
      handler: 'Sub.both',
      requires: 'app',
      app: all('b:1'),
    });
    expect(compileAccessRule(Sub, 'quiet')).toMatchObject({ requires: 'user', user: all('a:1') });
  });

  it('an overriding method that says nothing stays as closed as it was', () => {
    class Sub extends Base {
      override both() {}
    }
    expect(compileAccessRule(Sub, 'both')).toMatchObject({ requires: 'app', app: all('b:1') });
  });

  it('an overriding method that declares anew replaces what was there', () => {
    class Sub extends Base {
      @RequireUser('c:1')
      override both() {}
    }
    expect(compileAccessRule(Sub, 'both')).toMatchObject({
      requires: 'user',
      user: all('c:1'),
      app: NOTHING,
    });
  });

  it("a subclass's own declaration replaces its parent's for all methods that are silent", () => {
    @RequireApp('d:1')
    class Sub extends Base {}
    expect(compileAccessRule(Sub, 'quiet')).toMatchObject({
      requires: 'app',
      app: all('d:1'),
      user: NOTHING,
    });
  });

  it("a subclass's own declaration that an inherited method makes mean nothing is refused by name", () => {
    @RequireApp('d:1')
    class Sub extends Base {}
    expect(problemsOf(() => compileAccessRule(Sub, 'both'))).toEqual([
      'Sub: @RequireApp("d:1") is without effect on Sub.both, because Base.both says @RequireApp("b:1"); ' +
        'override the method in Sub, and declare there what holds',
    ]);
    @RequireApp('d:1')
    class Overriding extends Base {
      @RequireApp('d:1')
      override both() {}
    }
    expect(compileAccessRule(Overriding, 'both')).toMatchObject({ app: all('d:1') });
  });

  it.each<[string, ClassDecorator, MethodDecorator]>([
    ['@RequireUser, @Public', RequireUser('a:1'), Public()],
    ['@RequireUser, @Honeypot', RequireUser('a:1'), Honeypot()],
    ['@RequireUser, @RequireUserOrApp', RequireUser('a:1'), RequireUserOrApp('a:1')],
    ['@RequireUser, the same with other scopes', RequireUser('a:1'), RequireUser('a:1', 'b:1')],
    ['@Public, @RequireUser', Public(), RequireUser('a:1')],
    ['@Public, @Scopes', Public(), Scopes('a:1')],
    ['@Public, @RequireClaims', Public(), RequireClaims({ department: 'fraud' })],
    ['@Scopes, @Scopes', Scopes('a:1'), Scopes('b:1')],
    ['@Scopes, @Public', Scopes('a:1'), Public()],
    ['@AnyScope, @AnyScope', AnyScope('a:1'), AnyScope('b:1')],
    ['@RequireClaims, @Public', RequireClaims({ department: 'fraud' }), Public({ identify: true })],
  ])('of a class and an inherited method: %s', (_, onSubclass, onMethod) => {
    class Parent {
      handle() {}
      other() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Parent.prototype, 'handle') as PropertyDescriptor;
    Reflect.decorate([onMethod], Parent.prototype, 'handle', descriptor);
    class Sub extends Parent {}
    class Overriding extends Parent {
      override handle() {}
    }
    for (const type of [Sub, Overriding]) {
      Reflect.decorate([onSubclass], type);
      const [problem, ...others] = problemsOf(() => compileAccessRule(type, 'handle'));
      expect(others).toEqual([]);
      expect(problem).toContain(`is without effect on ${type.name}.handle, because Parent.handle says @`);
      expect(compileAccessRule(type, 'other')).toBeDefined();
    }
  });

  it.each<[string, ClassDecorator, MethodDecorator]>([
    ['the same', RequireUser('a:1', 'b:1'), RequireUser('b:1', 'a:1')],
    ['what adds up', Scopes('a:1'), RequireUser('b:1')],
    ['claims, which add up', RequireClaims({ department: 'fraud' }), RequireClaims({ level: 2 })],
    ['what is no demand', BanExempt(), RequireUser('b:1')],
  ])('a subclass may say %s', (_, onSubclass, onMethod) => {
    class Parent {
      handle() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Parent.prototype, 'handle') as PropertyDescriptor;
    Reflect.decorate([onMethod], Parent.prototype, 'handle', descriptor);
    class Sub extends Parent {}
    Reflect.decorate([onSubclass], Sub);
    expect(problemsOf(() => compileAccessRule(Sub, 'handle'))).toEqual([]);
  });

  it('a subclass that adds a scope keeps what its parent demands', () => {
    @AnyScope('d:1')
    class Sub extends Base {
      @Scopes('c:1')
      override both() {}
    }
    expect(compileAccessRule(Sub, 'both')).toMatchObject({
      requires: 'app',
      app: { allOf: ['b:1', 'c:1'], anyOf: [['d:1']] },
    });
    expect(compileAccessRule(Sub, 'quiet')).toMatchObject({ user: { allOf: ['a:1'], anyOf: [['d:1']] } });
  });

  it("a subclass that adds @Scopes keeps its parent's @RequireUser: no app gets in by the scope", () => {
    @Scopes('c:1')
    class Sub extends Base {}
    const rule = compileAccessRule(Sub, 'quiet');
    expect(rule).toMatchObject({ requires: 'user', user: all('a:1', 'c:1'), app: all('c:1') });
  });

  it('a subclass that demands a scope closes what its parent opened', () => {
    @Public()
    class Open {
      handle() {}
    }
    @Scopes('c:1')
    class Sub extends Open {}
    expect(compileAccessRule(Sub, 'handle')).toMatchObject({ requires: 'either', user: all('c:1') });
  });

  it('what makes no sense in a parent is refused by its own name', () => {
    class Broken {
      @Public()
      @RequireUser()
      handle() {}
    }
    class Sub extends Broken {}
    expect(problemsOf(() => compileAccessRule(Sub, 'handle'))).toEqual([
      'Broken.handle: @Public and @RequireUser contradict each other',
    ]);
  });

  it('what a subclass declares does not reach its parent or its siblings', () => {
    class Sub extends Base {
      @Public()
      override quiet() {}
    }
    class Sibling extends Base {}
    expect(compileAccessRule(Sub, 'quiet')).toMatchObject({ requires: 'none' });
    expect(compileAccessRule(Base, 'quiet')).toMatchObject({ requires: 'user' });
    expect(compileAccessRule(Sibling, 'quiet')).toMatchObject({ requires: 'user' });
  });
});

describe('declarations that make no sense are refused by name', () => {
  it.each<[string, string, MethodDecorator & ClassDecorator, MethodDecorator & ClassDecorator]>([
    ['@Public', '@RequireUser', Public(), RequireUser()],
    ['@Public', '@RequireApp', Public(), RequireApp()],
    ['@Public', '@RequireUserOrApp', Public(), RequireUserOrApp()],
    ['@Public', '@Scopes', Public({ identify: true }), Scopes('a:1')],
    ['@Public', '@AnyScope', Public(), AnyScope('a:1')],
    ['@Honeypot', '@Public', Honeypot(), Public()],
    ['@Honeypot', '@RequireUser', Honeypot(), RequireUser()],
    ['@Honeypot', '@Scopes', Honeypot(), Scopes('a:1')],
    ['@Honeypot', '@BanExempt', Honeypot(), BanExempt()],
    ['@Public', '@RequireClaims', Public(), RequireClaims({ a: 1 })],
    ['@Honeypot', '@RequireClaims', Honeypot(), RequireClaims({ a: 1 })],
    ['@Opening', '@RequireUser', Opening(), RequireUser()],
    ['@Opening', '@RequireApp', Opening(), RequireApp()],
    ['@Opening', '@RequireUserOrApp', Opening(), RequireUserOrApp()],
    ['@Opening', '@Scopes', Opening(), Scopes('a:1')],
    ['@Opening', '@AnyScope', Opening(), AnyScope('a:1')],
    ['@Opening', '@RequireClaims', Opening(), RequireClaims({ a: 1 })],
    ['@RequireUserOrApp', '@RequireUser', RequireUserOrApp(), RequireUser()],
    ['@RequireUserOrApp', '@RequireApp', RequireUserOrApp(), RequireApp()],
  ])('%s with %s on one method, and on one class', (oneName, otherName, one, other) => {
    const text = `${oneName} and ${otherName} contradict each other`;
    expect(problemsOf(() => ruleOf([one, other]))).toEqual([`Routes.handle: ${text}`]);
    expect(problemsOf(() => ruleOf([other, one]))).toEqual([`Routes.handle: ${text}`]);
    expect(problemsOf(() => ruleOf([], [one, other]))).toEqual([`Routes: ${text}`]);
  });

  it.each(['', 'a b', '*', 'parcels:*', 'grün', 'a"b'])('the scope %j', (scope) => {
    for (const demand of [RequireUser, RequireApp, RequireUserOrApp, Scopes, AnyScope]) {
      const [problem, ...others] = problemsOf(() => ruleOf([demand('parcels:read', scope)]));
      expect(others).toEqual([]);
      expect(problem).toContain(`Routes.handle: @${demand.name}`);
      expect(problem).toContain(JSON.stringify(scope));
    }
  });

  it('@Scopes and @AnyScope without a scope', () => {
    expect(problemsOf(() => ruleOf([Scopes(), AnyScope()])).toSorted()).toEqual([
      'Routes.handle: @AnyScope names no scope',
      'Routes.handle: @Scopes names no scope',
    ]);
  });

  it('all of them at once', () => {
    expect(problemsOf(() => ruleOf([Public(), RequireUser('*')], [Scopes()]))).toHaveLength(3);
  });
});

describe('a guard that stands alone', () => {
  it.each([
    ['nothing', [], 'user'],
    ['@Public', [Public()], 'user'],
    ['@RequireUserOrApp', [RequireUserOrApp('a:1')], 'user'],
    ['@RequireUser', [RequireUser('a:1')], 'user'],
    ['@RequireApp', [RequireApp('a:1')], 'both'],
  ])('demands its identity besides what %s demands', (_, decorators, requires) => {
    const rule = ruleOf(decorators);
    expect(demandingAlso(rule, 'user')).toEqual({ ...rule, requires, identify: true });
  });

  it('demands the app likewise', () => {
    expect(demandingAlso(ruleOf([RequireUser('a:1')]), 'app').requires).toBe('both');
    expect(demandingAlso(ruleOf([]), 'app').requires).toBe('app');
  });
});
