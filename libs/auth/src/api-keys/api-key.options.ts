import { ArrayMaxSize, IsArray, IsInt, Matches, Max, Min, ValidateNested } from 'class-validator';
import { withDefaults } from '../options/fill-options.js';
import { HasMethods, IfGiven, IsCallable, IsSharedSecret } from '../options/option-validators.js';
import { defineOptions } from '../options/options-section.js';
import type { RateLimiter } from '../rate-limits/request-counter.js';
import { IsLifetime } from './api-key-validators.js';
import type { LegacyKeys } from './legacy-keys.js';

/** How users make tokens for their own automation. */
export class PersonalTokenOptions {
  /** How long a personal token works where its maker doesn't say, in seconds. */
  @IsInt()
  @Min(1)
  readonly lifetimeSeconds: number = 2_592_000;

  /** The longest that one may work, in seconds. */
  @IsInt()
  @Min(1)
  readonly maxLifetimeSeconds: number = 31_536_000;

  /** How many one user may have that work. */
  @IsInt()
  @Min(1)
  @Max(500)
  readonly maxPerUser: number = 50;

  /**
   * What a user may do now; undefined for one who is gone. A token then never does more than its user may, whenever that
   * changes. Asked when a token isn't cached; while it fails, such tokens are answered with 503. Without it a token keeps the
   * scopes that its user had at its making.
   */
  @IfGiven()
  @IsCallable()
  readonly scopesOf?: (user: {
    readonly issuer: string;
    readonly subject: string;
  }) => Promise<readonly string[] | undefined>;
}

/** How applications are identified. */
export class ApiKeyOptions {
  /** The request header that carries the key. */
  @Matches(/^(?!authorization$)[A-Za-z0-9-]+$/i, {
    message: '$property must be the name of a request header, and not Authorization, which carries tokens',
  })
  readonly header: string = 'X-API-Key';

  /** The first part of every key: names your service to people and to secret scanners. */
  @Matches(/^[A-Za-z0-9]{1,16}$/, { message: '$property must be 1 to 16 letters and digits' })
  readonly prefix: string = 'ptc';

  /** The second part of every key: a `test` key is refused on `live` before any store is asked. */
  @Matches(/^(?!(?:cs|rt)$)[A-Za-z0-9]{1,16}$/, {
    message:
      '$property must be 1 to 16 letters and digits, but not cs or rt: secrets of OAuth clients and refresh tokens begin like that',
  })
  readonly environment: string = 'live';

  /** How long a key works where its maker doesn't say, in seconds, or `'never'` for keys that never expire by themselves. */
  @IsLifetime()
  readonly lifetimeSeconds: number | 'never' = 7_776_000;

  /**
   * Secrets of at least 32 bytes, kept outside the database. With the first one keys are hashed by HMAC-SHA-256, so that who
   * reads the database can't even check a guess. To change it, put the new one in front: a key is hashed anew when it is next
   * used. Without any, keys are hashed by SHA-256.
   */
  @IsArray()
  @ArrayMaxSize(2)
  @IsSharedSecret({ each: true })
  readonly peppers: readonly (string | Uint8Array)[] = [];

  /** How many proven keys are remembered, and how many refused ones. */
  @IsInt()
  @Min(1)
  readonly cacheSize: number = 10_000;

  /** How long a proven key is remembered before the store is asked again, in seconds. */
  @IsInt()
  @Min(1)
  readonly cacheSeconds: number = 30;

  /** How long a refused key is remembered, in seconds. */
  @IsInt()
  @Min(1)
  readonly refusalCacheSeconds: number = 10;

  /**
   * Where the requests of keys with a rate limit are counted: a limiter of `rate-limiter-flexible` that all instances share. In this
   * process by default, and while the limiter can't be asked.
   */
  @IfGiven()
  @HasMethods('penalty')
  readonly rateLimiter?: RateLimiter;

  /** How users make tokens for their own automation. */
  @ValidateNested()
  readonly personalTokens!: PersonalTokenOptions;

  /** Knows the keys of another form that were given out before. */
  @IfGiven()
  @HasMethods('verify')
  readonly legacy?: LegacyKeys;
}

export const API_KEY_OPTIONS = defineOptions('apiKeys', ApiKeyOptions, (given: Partial<ApiKeyOptions> = {}) =>
  withDefaults(ApiKeyOptions, {
    ...given,
    personalTokens: withDefaults(PersonalTokenOptions, given.personalTokens),
  }),
);
