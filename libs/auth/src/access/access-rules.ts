import { type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { PortcullisConfigurationError } from '../errors.js';
import { Log } from '../log.js';
import { type AccessRule, compileAccessRule, isSameRule } from './access-rule.js';
import { HandlerInstances, reportedClass } from './handler-instances.js';
import { HandlerOrigins } from './handler-origins.js';
import { differing, RuleTable } from './rule-table.js';

/** On a handler's function: itself. Whoever wraps handlers, as tracing does, copies their metadata. */
const HANDLER = Symbol('portcullis.handler');

/** A method of a controller. */
export interface CompiledHandler {
  readonly type: Type;
  /** Its function. */
  readonly handler: object;
  /** The function that Nest calls: another one where the controller has replaced it on its instance. */
  readonly called: object;
  readonly rule: AccessRule;
}

/** The compiled rule of every handler: looked up on a request, never computed. */
@Injectable()
export class AccessRules {
  readonly #logger = new Log();
  readonly #instances: HandlerInstances;
  /** By the class that they are declared for. */
  readonly #declared = new Map<Type, Map<object, AccessRule>>();
  readonly #table = new RuleTable();
  /** Of controllers that are constructed for each request: which function stands for which method is known only then. */
  readonly #perRequest = new RuleTable();
  /** By the functions of classes: those that stand in for them on the one instance that there is. */
  readonly #replaced = new Map<Type, Map<object, object>>();
  /** Of functions that were met in the place of others. */
  readonly #found = new WeakMap<object, Map<Type, AccessRule>>();

  /**
   * Compiles the rules here, before Nest makes the routes, so that what wraps a handler finds its metadata.
   *
   * @throws PortcullisConfigurationError naming every handler whose declarations make no sense
   */
  constructor(
    discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly schemes: CredentialSchemes,
  ) {
    this.#instances = new HandlerInstances(discovery, scanner);
    const origins = new HandlerOrigins();
    const controllers = new Set(discovery.getControllers().map(({ metatype }) => metatype as Type));
    const problems = [...controllers].flatMap((type) => problemsOf(() => this.#compile(type, origins)));
    problems.push(...this.#unsatisfiable());
    if (problems.length > 0) throw new PortcullisConfigurationError([...new Set(problems)]);
    this.#nameUndeclared();
  }

  /**
   * To be called when the controllers are constructed and no route is made: a controller may have replaced a method on its instance, by
   * binding it for example.
   *
   * @throws PortcullisConfigurationError naming every method whose place another one has taken that demands something else
   */
  noteInstances(): void {
    const origins = new HandlerOrigins();
    const problems = this.#instances.lasting.flatMap(({ type, instance }) =>
      this.scanner.getAllMethodNames(type.prototype).flatMap((method) => {
        const handler = instance?.[method];
        if (typeof handler !== 'function' || handler === type.prototype[method]) return [];
        this.#replace(type, type.prototype[method], handler);
        return problemsOf(() => this.#note(type, handler, compileAccessRule(type, method, origins, handler)));
      }),
    );
    if (problems.length > 0) throw new PortcullisConfigurationError([...new Set(problems)]);
    for (const type of this.#instances.passing) {
      for (const [handler, rule] of this.#declared.get(type) ?? [])
        this.#perRequest.set(reportedClass(type), handler, rule);
      this.#table.delete(reportedClass(type));
    }
  }

  /**
   * The rule of a handler; a class that was not there at boot (a lazily loaded module) is compiled when first met.
   *
   * @param type the class as Nest reports it
   * @param host what is asked: which instance it is about
   */
  ruleFor(type: Type, handler: { readonly name: string }, host?: ExecutionContext): AccessRule {
    return (
      this.#table.get(type, handler) ?? this.#found.get(handler)?.get(type) ?? this.#find(type, handler, host)
    );
  }

  /** The handlers that there were at boot. */
  get all(): readonly CompiledHandler[] {
    return [...this.#declared].flatMap(([type, rules]) =>
      [...rules].map(([handler, rule]) => ({
        type,
        handler,
        rule,
        called: this.#replaced.get(type)?.get(handler) ?? handler,
      })),
    );
  }

  /** The classes, as Nest reports them, of controllers that are constructed for each request. */
  get constructedPerRequest(): readonly Type[] {
    return this.#instances.passing.map(reportedClass);
  }

  /** Every scope that some route demands of a user, in the order of the alphabet. */
  get userScopes(): string[] {
    const scopes = this.#routes().flatMap(({ user }) => [...user.allOf, ...user.anyOf.flat()]);
    return [...new Set(scopes)].sort();
  }

  /** @throws PortcullisConfigurationError naming every method whose declarations make no sense */
  #compile(type: Type, origins: HandlerOrigins): void {
    const rules = new Map<object, AccessRule>();
    const problems = this.scanner.getAllMethodNames(type.prototype).flatMap((method) =>
      problemsOf(() => {
        const handler: object = type.prototype[method];
        const rule = compileAccessRule(type, method, origins);
        this.#note(type, handler, rule);
        if (!rules.has(handler)) rules.set(handler, rule);
      }),
    );
    if (problems.length > 0) {
      this.#table.delete(reportedClass(type));
      throw new PortcullisConfigurationError([...new Set(problems)]);
    }
    this.#declared.set(type, rules);
  }

  #note(type: Type, handler: object, rule: AccessRule): void {
    Reflect.defineMetadata(HANDLER, handler, handler);
    this.#table.set(reportedClass(type), handler, rule);
  }

  /** @throws Error where no rule, or more than one, holds for this function */
  #find(type: Type, handler: { readonly name: string }, host: ExecutionContext | undefined): AccessRule {
    const known = (called: unknown) => this.#table.get(type, called) ?? this.#perRequest.get(type, called);
    const ofInstance = this.#instances
      .methodsOf(type, handler, host)
      .map(({ type: declared, method }) => known(declared.prototype[method]));
    const ofFunction = known(handler) ?? known(Reflect.getMetadata(HANDLER, handler));
    const [rule, ...others] = [...ofInstance, ofFunction].filter((found) => found !== undefined);
    if (rule === undefined) return this.#compileLate(type, handler, host);
    const other = others.find((each) => !isSameRule(rule, each));
    if (other !== undefined) throw new Error(differing(rule, other));
    if (!this.#perRequest.has(type)) this.#remember(type, handler, rule);
    return rule;
  }

  #compileLate(
    type: Type,
    handler: { readonly name: string },
    host: ExecutionContext | undefined,
  ): AccessRule {
    if (this.#declared.has(type))
      throw new Error(`${type.name} has no method that is the handler ${handler.name}`);
    this.#compile(type, new HandlerOrigins());
    return this.ruleFor(type, handler, host);
  }

  #replace(type: Type, handler: object, called: object): void {
    this.#replaced.set(type, (this.#replaced.get(type) ?? new Map()).set(handler, called));
  }

  #remember(type: Type, handler: object, rule: AccessRule): void {
    this.#found.set(handler, (this.#found.get(handler) ?? new Map()).set(type, rule));
  }

  #routes(): AccessRule[] {
    return this.all.filter(isRoute).map(({ rule }) => rule);
  }

  /** A route that demands an identity that nothing can prove would refuse everybody for ever. */
  *#unsatisfiable(): Iterable<string> {
    const [user, app] = [this.schemes.whyUnusable('user'), this.schemes.whyUnusable('app')];
    for (const { handler, requires } of this.#routes()) {
      if (user !== undefined && (requires === 'user' || requires === 'both'))
        yield `${handler} demands a user, but ${user}`;
      if (app !== undefined && (requires === 'app' || requires === 'both'))
        yield `${handler} demands an app, but ${app}`;
    }
  }

  #nameUndeclared(): void {
    const undeclared = this.#routes()
      .filter(({ declared }) => !declared)
      .map(({ handler }) => handler);
    if (undeclared.length > 0) {
      this.#logger.warn(`No access decorator, so closed to anonymous callers: ${undeclared.join(', ')}`);
    }
  }
}

/** Whether it is a route of HTTP. */
export function isRoute({ handler }: CompiledHandler): boolean {
  return Reflect.hasMetadata(PATH_METADATA, handler);
}

function problemsOf(compile: () => unknown): readonly string[] {
  try {
    compile();
    return [];
  } catch (error) {
    if (error instanceof PortcullisConfigurationError) return error.problems;
    throw error;
  }
}
