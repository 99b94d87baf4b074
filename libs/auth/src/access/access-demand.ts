import type { MaybePromise } from '../async/maybe-promise.js';
import type { Clock } from '../options/clock.js';
import type { RequestContext } from '../request/request-context.js';

/** One more thing that a handler demands, when identities, tenant and scopes are right: claims, a step-up, a policy. */
export interface AccessDemand {
  /** The kind of its definition. */
  readonly kind: string;
  /** What is demanded, in words for people who read the rules of an app. It holds no secret. */
  describe(): string;
  /**
   * Passes, or throws.
   *
   * @param now the app's clock: milliseconds since the epoch
   * @returns a promise only where something has to be looked up
   * @throws PortcullisError when the request does not meet it
   */
  check(request: RequestContext, now: Clock): MaybePromise<void>;
}

/**
 * A kind of demand, made known by the decorator that declares it.
 *
 * @typeParam Value what the decorator was given
 */
export interface DemandDefinition<Value = unknown> {
  /** Its name. Of its own for each definition. */
  readonly kind: string;
  /** The decorator, for messages: `@RequireClaims`. */
  readonly decorator: string;
  /** Which identity has to be proven for it, if any. */
  readonly requires?: 'user' | 'app';
  /** `all`: what the method, its class and the classes it extends demand adds up. `nearest`: the nearest of them counts alone. */
  readonly merge: 'all' | 'nearest';
  /**
   * Makes one value of several that add up, so that whoever is refused learns of all of it at once. By default each is checked by itself.
   *
   * @param values sound ones, the nearest first
   * @returns undefined where nothing could meet all of them: an error at boot
   */
  unite?(values: readonly Value[]): Value | undefined;
  /** What makes no sense, in words that follow the decorator's name; undefined for a sound value. */
  problemOf?(value: Value): string | undefined;
  /** Compiles a sound value, once at boot. */
  compile(value: Value): AccessDemand;
}
