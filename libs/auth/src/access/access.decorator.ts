import { declare } from './declare.js';
import { demandParentheses } from './decorator-arguments.js';

type ClassOrMethodDecorator = ClassDecorator & MethodDecorator;

export interface PublicOptions {
  /**
   * Use a good credential where one is sent, and refuse a bad one. Without it credentials are ignored.
   * @default false
   */
  readonly identify?: boolean;
}

/** Open to everyone. Credentials are ignored unless `identify` is set. */
export function Public(...given: [options?: PublicOptions]): ClassOrMethodDecorator {
  demandParentheses('@Public', given);
  const [options = {}] = given;
  const problem = problemOfPublic(options);
  return declare({
    kind: 'public',
    identify: options?.identify === true,
    ...(problem !== undefined && { problem }),
  });
}

/** What makes no sense in its options, in words that follow the decorator's name. */
function problemOfPublic(options: unknown): string | undefined {
  const usage = 'takes nothing, or { identify: true }';
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return usage;
  const { identify, ...rest } = options as PublicOptions;
  return Object.keys(rest).length === 0 && [undefined, true, false].includes(identify) ? undefined : usage;
}

/**
 * Demands a user, proven by an access token that carries all the scopes.
 * Stacked with {@link RequireApp} it demands both, each with its own scopes.
 */
export function RequireUser(...scopes: string[]): ClassOrMethodDecorator {
  demandParentheses('@RequireUser', scopes);
  return declare({ kind: 'user', scopes });
}

/**
 * Demands an application, proven by an API key that carries all the scopes.
 * Stacked with {@link RequireUser} it demands both, each with its own scopes.
 */
export function RequireApp(...scopes: string[]): ClassOrMethodDecorator {
  demandParentheses('@RequireApp', scopes);
  return declare({ kind: 'app', scopes });
}

/** Demands a user or an application. A request that proves both needs the scopes in both. */
export function RequireUserOrApp(...scopes: string[]): ClassOrMethodDecorator {
  demandParentheses('@RequireUserOrApp', scopes);
  return declare({ kind: 'user-or-app', scopes });
}

/** Demands all of the scopes, of every identity that the request proves. */
export function Scopes(...scopes: string[]): ClassOrMethodDecorator {
  demandParentheses('@Scopes', scopes);
  return declare({ kind: 'scopes', scopes });
}

/** Demands at least one of the scopes, of every identity that the request proves. */
export function AnyScope(...scopes: string[]): ClassOrMethodDecorator {
  demandParentheses('@AnyScope', scopes);
  return declare({ kind: 'any-scope', scopes });
}
