import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';
import type { Actor, RequestFacts } from '../events/security-event.js';
import type { AppIdentity, UserIdentity } from '../identity/identity.js';
import { RequestContext } from './request-context.js';
import { isFrameworkRequest } from './request-head.js';

type Pipe = PipeTransform | Type<PipeTransform>;

/** The parameter is given an identity, or one property of it. */
interface IdentityDecorator<Identity> {
  (...pipes: Pipe[]): ParameterDecorator;
  (property: keyof Identity & string, ...pipes: Pipe[]): ParameterDecorator;
}

/**
 * The proven user of this request, or one property of it: `@CurrentUser('subject')`. Undefined where the route lets someone in
 * without one. Where no guard of Portcullis has decided about the request it throws an Error, which is answered by 500.
 */
export const CurrentUser: IdentityDecorator<UserIdentity> = identityDecorator(
  '@CurrentUser',
  (context) => context.user,
);

/**
 * The proven application of this request, or one property of it: `@CurrentApp('appId')`. Undefined where the route lets someone
 * in without one. Where no guard of Portcullis has decided about the request it throws an Error, which is answered by 500.
 */
export const CurrentApp: IdentityDecorator<AppIdentity> = identityDecorator(
  '@CurrentApp',
  (context) => context.app,
);

/** Who changes something by this request, for the record. */
export const CurrentActor = createParamDecorator((_: unknown, host: ExecutionContext): Actor => {
  const { user, address, requestId } = guardedRequest('@CurrentActor', host);
  return user === undefined ? {} : { actor: user.subject, address: address.text, requestId };
});

/** What events may say about this request. */
export const CurrentRequest = createParamDecorator(
  (_: unknown, host: ExecutionContext): RequestFacts => guardedRequest('@CurrentRequest', host).facts,
);

/**
 * What passes an app's pipes unseen: they would make a new object of an identity, which then is none, or of nobody an identity that
 * can't be made.
 */
type Wrapped = () => unknown;
const wrapped = new WeakSet<Wrapped>();

const UNWRAP: PipeTransform = {
  transform: (value: unknown) =>
    typeof value === 'function' && wrapped.has(value as Wrapped) ? value() : value,
};

function wrap(value: unknown): unknown {
  const wrapping = () => value;
  wrapped.add(wrapping);
  return wrapping;
}

function identityDecorator<Identity extends object>(
  name: string,
  find: (context: RequestContext) => Identity | undefined,
): IdentityDecorator<Identity> {
  const decorator = createParamDecorator((property: keyof Identity | undefined, host: ExecutionContext) => {
    const identity = find(guardedRequest(name, host));
    return wrap(property === undefined ? identity : identity?.[property]);
  });
  return (first?: Pipe | (keyof Identity & string), ...pipes: Pipe[]) => {
    const property = typeof first === 'string' ? first : undefined;
    const given = property === undefined && first !== undefined ? [first as Pipe, ...pipes] : pipes;
    demandPipes(name, property, given);
    const decorate = decorator(property, UNWRAP, ...given);
    return (target, method, index) => {
      decorate(target, method, index);
      if (method !== undefined) hideType(target, method, index);
    };
  };
}

/**
 * What Nest does not know for a pipe it would leave out without a word; so it would the parameter, where the parentheses are left out.
 *
 * @throws PortcullisConfigurationError
 */
function demandPipes(decorator: string, property: string | undefined, pipes: readonly unknown[]): void {
  if (property === '' || !pipes.every(isPipe))
    throw new PortcullisConfigurationError([
      `${decorator} takes the name of a property, and pipes behind it: write ${decorator}(), or ${decorator}('tenant')`,
    ]);
}

function isPipe(value: unknown): boolean {
  const pipe = typeof value === 'function' ? value.prototype : value;
  return typeof pipe === 'object' && pipe !== null && typeof Reflect.get(pipe, 'transform') === 'function';
}

/** A validating pipe goes by the type of the parameter, and refuses one without rules (`forbidUnknownValues`). */
function hideType(target: object, method: string | symbol, index: number): void {
  const types: unknown[] | undefined = Reflect.getOwnMetadata('design:paramtypes', target, method);
  if (types !== undefined)
    Reflect.defineMetadata('design:paramtypes', types.with(index, Object), target, method);
}

/** @throws Error where nobody has decided about the request: nothing would be known of its caller, and that is not the same as nobody */
function guardedRequest(decorator: string, host: ExecutionContext): RequestContext {
  // Elsewhere than in HTTP the first argument is whatever the other side has sent.
  const request: unknown = host.getType() === 'http' ? host.getArgByIndex(0) : undefined;
  const context = isFrameworkRequest(request) ? RequestContext.of(request) : undefined;
  if (context?.isDecided) return context;
  throw new Error(
    `${decorator} on ${host.getClass().name}.${host.getHandler().name}: no guard of Portcullis has decided about this request. ` +
      'Import PortcullisModule.forRoot() in the root module; with globalGuard: false, put JwtGuard or ApiKeyGuard on the handler. ' +
      'It works for HTTP alone',
  );
}
