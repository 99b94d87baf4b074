import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { PortcullisConfigurationError } from '../errors.js';
import { Log } from '../log.js';
import { type AccessRule, compileAccessRule } from './access-rule.js';

/** On a handler's function: the name of its method. Who wraps handlers (tracing does) copies their metadata. */
const METHOD = Symbol('portcullis.method');

type RulesByHandler = Map<unknown, AccessRule>;

/** The compiled rule of every handler: looked up on a request, never computed. */
@Injectable()
export class AccessRules implements OnModuleInit {
  readonly #logger = new Log();
  readonly #rules = new Map<unknown, RulesByHandler>();

  /**
   * Compiles the rules here, before Nest makes the routes, so that what wraps a handler finds its metadata.
   *
   * @throws PortcullisConfigurationError naming every handler whose declarations make no sense
   */
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly schemes: CredentialSchemes,
  ) {
    const problems = this.#controllers().flatMap(({ type }) => this.#problemsOf(type));
    problems.push(...this.#unsatisfiable());
    if (problems.length > 0) throw new PortcullisConfigurationError([...new Set(problems)]);
    this.#nameUndeclared();
  }

  /** A controller may have replaced a method on its instance, by binding it for example. */
  onModuleInit(): void {
    for (const { type, instance } of this.#controllers()) {
      for (const method of this.scanner.getAllMethodNames(type.prototype)) {
        const rule = this.#rules.get(type)?.get(type.prototype[method]);
        if (rule !== undefined && instance?.[method] !== undefined)
          this.#rules.get(type)?.set(instance[method], rule);
      }
    }
  }

  /** The rule of a handler; a class that was not there at boot (a lazily loaded module) is compiled when first met. */
  ruleFor(type: Type, handler: { readonly name: string }): AccessRule {
    const rules = this.#rules.get(type) ?? this.#compile(type);
    const rule = rules.get(handler) ?? rules.get(type.prototype[Reflect.getMetadata(METHOD, handler)]);
    if (rule === undefined) throw new Error(`${type.name} has no method that is the handler ${handler.name}`);
    return rule;
  }

  /** Every scope that some route demands of a user, in the order of the alphabet. */
  get userScopes(): string[] {
    const scopes = [...this.#routes()].flatMap(({ user }) => [...user.allOf, ...user.anyOf.flat()]);
    return [...new Set(scopes)].sort();
  }

  #controllers() {
    return this.discovery.getControllers().map(({ metatype, instance }) => ({
      type: metatype as Type,
      instance: instance as Record<string, unknown> | undefined,
    }));
  }

  #problemsOf(type: Type): readonly string[] {
    try {
      this.#compile(type);
      return [];
    } catch (error) {
      if (error instanceof PortcullisConfigurationError) return error.problems;
      throw error;
    }
  }

  #compile(type: Type): RulesByHandler {
    const rules: RulesByHandler = new Map();
    for (const method of this.scanner.getAllMethodNames(type.prototype)) {
      const handler = type.prototype[method];
      Reflect.defineMetadata(METHOD, method, handler);
      rules.set(handler, compileAccessRule(type, method));
    }
    this.#rules.set(type, rules);
    return rules;
  }

  *#routes(): Iterable<AccessRule> {
    for (const rules of this.#rules.values()) {
      for (const [handler, rule] of rules) {
        if (Reflect.hasMetadata(PATH_METADATA, handler as object)) yield rule;
      }
    }
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
    const undeclared = [...this.#routes()].filter(({ declared }) => !declared).map(({ handler }) => handler);
    if (undeclared.length > 0) {
      this.#logger.warn(`No access decorator, so closed to anonymous callers: ${undeclared.join(', ')}`);
    }
  }
}
