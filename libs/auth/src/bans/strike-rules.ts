import type { RequestContext } from '../request/request-context.js';
import type { OriginMatch } from './origins/origin-conditions.js';
import type { PayloadPattern } from './signatures/payload-signature.js';

/** What a rule looks at. All that is given must match; in a list one of its entries must. */
export interface StrikeMatch {
  /** The status of the answer. */
  readonly status?: number | readonly number[];
  /** The method, in capitals. */
  readonly method?: string | readonly string[];
  /** The path, percent-decoded: a text matches the whole of it. */
  readonly path?: string | RegExp | readonly (string | RegExp)[];
  /** The path and the query, percent-decoded until nothing is left to decode. */
  readonly url?: RegExp | readonly RegExp[];
  /**
   * The path, the query and the headers that logs keep (`User-Agent`, `Referer`, `X-Forwarded-For` and their like), each by itself and
   * without disguise: decoded as often as it was encoded, without comments, padding and overlong UTF-8. One of them is enough.
   */
  readonly payload?: PayloadPattern | readonly PayloadPattern[];
  /** How many of the patterns in `payload` have to find something in the same text. One by default. */
  readonly witnesses?: number;
  /** The `User-Agent` header. */
  readonly userAgent?: RegExp | readonly RegExp[];
  /**
   * What happened: the code of a refusal, or one that says more (`bad_key`, `expired_key`, `revoked_key`, `expired_token`,
   * `revoked_token`, `unknown_kid`, `algorithm_attack`, `key_in_url`), `asked_elsewhere` for what only a proxy is asked for, or what
   * `@Strikes` calls it on a handler.
   */
  readonly event?: string | readonly string[];
  /** What must not have happened; `'*'` stands for anything at all. */
  readonly unlessEvent?: string | readonly string[];
  /**
   * Whether the path belongs to a handler: to any (`'known'`) or none (`'unknown'`); to one that names a part of it (`'owned'`), as
   * `/files/:name` does, or to none or one that takes whatever comes (`'unowned'`), as `*` and `/:page` do. Below a prefix, as in
   * `/files/*path`, a wildcard owns what it answers with a status below 400.
   */
  readonly route?: 'known' | 'unknown' | 'owned' | 'unowned';
  /** Whether something was sent to prove an identity, or a cookie; `'password'`: a name and a password (`Authorization: Basic`). */
  readonly credential?: 'sent' | 'missing' | 'password';
  /**
   * `'secret'`: a field of the body has the name of something that is guessed (`password`, `pin`, `otp`, `code`, …), as far as the framework
   * has read one.
   */
  readonly body?: 'secret';
  /** Where the address is from, by the readers of `bans.origins`. Where that can't be said, or not yet, nothing matches. */
  readonly origin?: OriginMatch;
}

/** Another look at what a rule counts, for those who take their time. */
export interface LongerLook {
  /** How many times `bans.strikeLimit` bans within {@link windowSeconds}. */
  readonly limitFactor: number;
  /** In seconds. */
  readonly windowSeconds: number;
}

/** What costs an address points, and how many. */
export interface StrikeRule {
  /** Its name in events and with the bans that it leads to. */
  readonly id: string;
  readonly match: StrikeMatch;
  /**
   * Points for a response that matches; `bans.strikeLimit` of them ban. `Infinity` bans at once, shared addresses too, and whoever has proved
   * who they are.
   */
  readonly score: number;
  /** How many times `bans.strikeLimit` bans, for what honest callers do by the hundred. Once by default. */
  readonly limitFactor?: number;
  /** Rules of one family add up. They have the same `windowSeconds` and `limitFactor`. */
  readonly family?: string;
  /**
   * The same path, path and query (`'target'`), names in the query (`'parameters'`), extension of a path, credential, shape of a payload,
   * `User-Agent` (`'agent'`), or account and secret in a body (`'secret'`), counts again only when it was not seen for a window. Of a target what only keeps caches away is no part, and of a payload's shape its numbers are none.
   */
  readonly distinct?:
    | 'path'
    | 'target'
    | 'parameters'
    | 'extension'
    | 'credential'
    | 'payload'
    | 'agent'
    | 'secret';
  /** Points where `distinct` has seen the same within the window: none by default. For what nobody sends twice by mistake. */
  readonly again?: number;
  /** How long points are remembered, in seconds. */
  readonly windowSeconds: number;
  /** A longer window beside it, with a limit of its own. */
  readonly longer?: LongerLook;
  /**
   * Counts little where somebody else may be to blame: a twentieth where another site made a browser ask (`Sec-Fetch-Site: cross-site`), for
   * twenty requests of one subscriber in an hour, a tenth where a handler that names the path answered 2xx; neither for payloads in headers.
   * Never less than a point.
   */
  readonly lenient?: boolean;
  /** What honest people do by mistake: with a proven identity it is charged to that alone, and never to the address. */
  readonly mistake?: boolean;
  /** Its bans are only reported, and refuse nobody. */
  readonly shadow?: boolean;
}

/** Answers of a handler that mean something to the rules. */
export interface NamedStrikes {
  readonly event: string;
  readonly statuses: readonly number[];
  /** A rule that counts them besides those of the options. */
  readonly rule?: StrikeRule;
  /** The field of the body that names the account, or who names it. */
  readonly subject?: string | ((request: RequestContext) => string | undefined);
}
