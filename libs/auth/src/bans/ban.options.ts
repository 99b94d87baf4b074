import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsIpNetwork } from '../net/network-validators.js';
import { withDefaults } from '../options/fill-options.js';
import { HasMethods, IfGiven } from '../options/option-validators.js';
import { defineOptions, withDefaultsEach } from '../options/options-section.js';
import { ChallengeOptions } from './challenge.options.js';
import type { DnsResolver } from './crawlers/crawler-lookup.js';
import { AreCrawlers } from './crawlers/crawler-validators.js';
import { DEFAULT_CRAWLERS, type KnownCrawler } from './crawlers/known-crawlers.js';
import { DEFAULT_STRIKE_RULES } from './default-strike-rules.js';
import type { StrikeLimiter } from './limited-sums.js';
import { BanFeedOptions } from './lists/ban-feed.options.js';
import { OriginOptions } from './origins/origin.options.js';
import { AreStrikeRules } from './strike-rule-validator.js';
import type { StrikeRule } from './strike-rules.js';

const ANSWERS = [403, 429, 'drop', 'tarpit'] as const;

/** How banned callers are held up with `answer: 'tarpit'`. */
export class TarpitOptions {
  /** How long the answer takes, in seconds. */
  @IsInt()
  @Min(1)
  @Max(300)
  readonly delaySeconds: number = 10;

  /** How many requests wait at once, each on a connection of its own; whoever finds no room is refused at once. */
  @IsInt()
  @Min(1)
  @Max(10_000)
  readonly connections: number = 100;
}

/** When an address is shut out, and for how long. */
export class BanOptions {
  /**
   * Refuse banned addresses on every request, before its body is read, and count every response.
   * False: only handlers under `@UseInterceptors(IpBanInterceptor)` refuse and count, and what a guard
   * refuses before them is not seen.
   */
  @IsBoolean()
  readonly global: boolean = true;

  /** Decide, count and emit events as ever, but refuse nobody: for a first look at what would happen. */
  @IsBoolean()
  readonly shadow: boolean = false;

  /**
   * What a banned address gets: this status, with `Retry-After`; nothing at all on a connection that is closed (`drop`); or 403 after a
   * while (`tarpit`).
   */
  @IsIn(ANSWERS)
  readonly answer: (typeof ANSWERS)[number] = 403;

  /** How banned callers are held up with `answer: 'tarpit'`. */
  @ValidateNested()
  readonly tarpit!: TarpitOptions;

  /**
   * Let callers in at a banned address who prove who they are, by an API key, a token, or whatever else is in the head of a request. What
   * somebody has banned by hand stays closed. Of a banned network ten wrong credentials are looked at in ten minutes.
   */
  @IsBoolean()
  readonly letInProven: boolean = false;

  /** How banned people may show that they are no program. Without it they can't. */
  @IfGiven()
  @ValidateNested()
  readonly challenge?: ChallengeOptions;

  /** Whom nobody wants by the country or the network operator of their address. Nobody by default. */
  @IfGiven()
  @ValidateNested()
  readonly origins?: OriginOptions;

  /** Addresses and networks (CIDR) that no ban holds for, present or future. None by default. */
  @IsArray()
  @IsIpNetwork({ each: true })
  readonly allowed: readonly string[] = [];

  /**
   * Also ban loopback, private and link-local addresses. Off, because on the internet they are proxies: banning one shuts out
   * everybody behind it.
   */
  @IsBoolean()
  readonly privateAddresses: boolean = false;

  /**
   * Crawlers that no rule about paths is for, where the names of their addresses show that they are who they say. Yours beside the default
   * ones: `[...DEFAULT_CRAWLERS, { agent: 'OurBot', domains: ['crawl.example.com'] }]`; none at all by `[]`.
   */
  @AreCrawlers()
  readonly crawlers: readonly KnownCrawler[] = DEFAULT_CRAWLERS;

  /** Who looks up the names of addresses, as `node:dns/promises` does. The system's resolver by default. */
  @IfGiven()
  @HasMethods('reverse', 'resolve4', 'resolve6')
  readonly resolver?: DnsResolver;

  /** What costs points. Yours beside the default ones: `[...DEFAULT_STRIKE_RULES, { id: 'coupons', … }]`. */
  @AreStrikeRules()
  readonly rules: readonly StrikeRule[] = DEFAULT_STRIKE_RULES;

  /** The points by one rule that ban: a score of 10 bans at the tenth time. */
  @IsInt()
  @Min(1)
  readonly strikeLimit: number = 100;

  /**
   * Where points are counted: a limiter of `rate-limiter-flexible` that all instances share. In this process by default: of networks
   * the 100 000 sums that were added to last.
   */
  @IfGiven()
  @HasMethods('penalty', 'get', 'delete')
  readonly strikeLimiter?: StrikeLimiter;

  /**
   * The wider IPv6 networks that are banned as a whole when several neighbours in them offend, by their prefix lengths from the
   * narrowest to the widest. Providers give a customer a /64, a /56 or a /48.
   */
  @IsArray()
  @IsInt({ each: true })
  @Min(16, { each: true })
  @Max(63, { each: true })
  readonly widerIpv6Prefixes: readonly number[] = [56, 48];

  /** The same for IPv4, where neighbours have little to do with each other: none, or `[24]`. */
  @IsArray()
  @IsInt({ each: true })
  @Min(16, { each: true })
  @Max(31, { each: true })
  readonly widerIpv4Prefixes: readonly number[] = [];

  /** How many neighbours have to reach their limit for the wider network to be banned. */
  @IsInt()
  @Min(2)
  readonly offendingNeighbours: number = 4;

  /** How long the first, second, … ban in a row lasts, in seconds; the last entry is for all that follow. */
  @ArrayNotEmpty()
  @IsInt({ each: true })
  @Min(1, { each: true })
  readonly durationsSeconds: readonly number[] = [600, 3_600, 86_400, 604_800];

  /** Good behaviour after the end of a ban, in seconds, after which the next one is a first offence again. */
  @IsInt()
  @Min(0)
  @Max(31_536_000)
  readonly forgetAfterSeconds: number = 2_592_000;

  /**
   * How many bans by rules are kept, so that an attacker with very many addresses fills neither memory nor disk. Beyond that
   * those go that would have ended first. What people decided is never dropped.
   */
  @IsInt()
  @Min(100)
  readonly maxBansByRules: number = 100_000;

  /** Lists of addresses to ban that others keep. What {@link allowed} names is never banned by them. */
  @IsArray()
  @ArrayUnique((feed: BanFeedOptions | undefined) => feed?.name, {
    message: '$property must have a name each',
  })
  @ValidateNested({ each: true })
  readonly feeds: readonly BanFeedOptions[] = [];
}

export const BAN_OPTIONS = defineOptions('bans', BanOptions, (given: Partial<BanOptions> = {}) =>
  withDefaults(BanOptions, {
    ...given,
    ...(given.origins !== undefined && { origins: withDefaults(OriginOptions, given.origins) }),
    tarpit: withDefaults(TarpitOptions, given.tarpit),
    ...(given.challenge !== undefined && { challenge: withDefaults(ChallengeOptions, given.challenge) }),
    feeds: withDefaultsEach(BanFeedOptions, given.feeds),
  }),
);
