import { IsBoolean, IsNotEmpty, IsString, Matches, ValidateIf } from 'class-validator';
import type { ApiKeyOptions, PersonalTokenOptions } from '../api-keys/api-key.options.js';
import type { AuditOptions } from '../audit/audit.options.js';
import type { BanOptions, TarpitOptions } from '../bans/ban.options.js';
import type { ChallengeOptions } from '../bans/challenge.options.js';
import type { BanFeedOptions } from '../bans/lists/ban-feed.options.js';
import type { OriginOptions } from '../bans/origins/origin.options.js';
import type { BindingOptions } from '../binding/binding.options.js';
import type { EventOptions } from '../events/event.options.js';
import { AreContexts } from '../guard/context-validators.js';
import type { MfaOptions } from '../mfa/mfa.options.js';
import { AreProxyNetworks, ArePublicOrigins, IsSecureUrl } from '../net/network-validators.js';
import type { GivenPublicOrigin } from '../net/public-origins.js';
import { IfGiven, IsCallable } from '../options/option-validators.js';
import type { PasswordOptions } from '../passwords/password.options.js';
import type { RateLimitOptions } from '../rate-limits/rate-limits.options.js';
import type { ReactionOptions } from '../reactions/reaction.options.js';
import type { ReplicationOptions } from '../replication/replication.options.js';
import type { SessionOptions } from '../sessions/session.options.js';
import type { OwnIssuerOptions, TokenOptions, TrustedIssuerOptions } from '../tokens/token.options.js';
import type { TrustedLoginOptions } from '../tokens/trusted-login.options.js';
import type { OpenStorage, Storage, Stores } from './storage.js';

/** The options that stand by themselves, and not in a section. */
export class RootOptions {
  /**
   * What this app is called where it shares something with other apps, such as a Redis: the same for all its instances. By default the URL
   * of its own issuer, or else its audience.
   */
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  readonly name?: string;

  /**
   * The proxies in front of this app, as addresses, networks in CIDR notation, or by the names that Express has: `loopback`, `linklocal`,
   * `uniquelocal`; `unix` for whoever connects through a Unix socket. Only their {@link forwardedHeader} is believed. None by default.
   */
  @AreProxyNetworks()
  readonly trustedProxies: readonly string[] = [];

  /**
   * The header in which these proxies name their client: `X-Forwarded-For`, with `X-Forwarded-Proto` beside it, or the standard
   * `Forwarded` (RFC 7239), or one with a single address, such as `CF-Connecting-IP`, which the proxy has to overwrite. The others are
   * ignored, because a proxy passes on what it doesn't write itself.
   */
  @Matches(/^[A-Za-z][A-Za-z0-9-]*$/, { message: '$property must be the name of a header' })
  readonly forwardedHeader: string = 'X-Forwarded-For';

  /**
   * The URLs under which clients reach this app: what they sign is compared with these and never with `Host`. Each is an origin, with a
   * path where a proxy takes that away; where it puts another one in its place, `{ url, path }`. None by default: then nothing that
   * names a URL can be proven.
   */
  @ArePublicOrigins()
  readonly publicOrigins: readonly GivenPublicOrigin[] = [];

  /**
   * The claim of access tokens that names the user's tenant. With it a request whose app and user are not of the same tenant is
   * refused; an app's tenant is that of its API key. Without it tenants are not compared.
   */
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  readonly tenantClaim?: string;

  /** Refuse credentials that arrive in clear text. On by default when `NODE_ENV` is `production`. */
  @IsBoolean()
  readonly requireTls: boolean = process.env.NODE_ENV === 'production';

  /**
   * Guard every route of the app. False is for teams that place `JwtGuard` and `ApiKeyGuard` by hand: a route without either is then
   * open, and refused at boot where it has decorators that nothing would apply.
   */
  @IsBoolean()
  readonly globalGuard: boolean = true;

  /**
   * Contexts besides HTTP whose handlers are left to guards of their own, by what `host.getType()` says there: `rpc` (microservices), `ws`
   * (gateways), `graphql`, or the name that a library gives its own, such as `necord`; `external` for one that gives none. Portcullis
   * guards HTTP, and what an extension has an adapter for: every other handler keeps the app from booting, or is refused when it is called.
   */
  @AreContexts()
  readonly contexts: Readonly<Record<string, 'unguarded'>> = {};

  /**
   * Register the strategies with the process-wide Passport as `jwt` and `headerapikey`, so that `AuthGuard('jwt')` asks them.
   * Two apps in one process then overwrite each other's: leave it off where you can.
   */
  @IsBoolean()
  readonly registerPassport: boolean = false;

  /**
   * The property of the framework's request at which guards, interceptors and libraries find the proven user, as they do with
   * Passport. What something else has put there stays. `null` for none.
   */
  @ValidateIf((_, value) => value !== null)
  @Matches(/^[A-Za-z_$][\w$]*$/, { message: '$property must be the name of a property, or null' })
  readonly userProperty: string | null = 'user';

  /**
   * Where your clients find a page for each code of a refusal, as the beginning of a URL: with `https://docs.example/errors/` the `type` of a
   * ban is `https://docs.example/errors/address_banned` (RFC 9457 section 3.1.1). None by default: then it is `about:blank`.
   */
  @IfGiven()
  @IsSecureUrl()
  readonly errorPages?: string;

  /** `realm` in challenges (RFC 9110 section 11.5). */
  @Matches(/^[\w .:/-]+$/, { message: '$property must be plain text without quotes' })
  readonly realm: string = 'api';

  /** This machine's clock, in milliseconds since the epoch. For tests. Where instances share a clock, it is corrected by that. */
  @IsCallable()
  readonly now: () => number = Date.now;
}

/** Every option with its default filled in. Never changed after boot. */
export interface ResolvedOptions extends RootOptions {
  readonly tokens?: TokenOptions;
  readonly apiKeys: ApiKeyOptions;
  readonly bans: BanOptions;
  readonly rateLimits: RateLimitOptions;
  readonly binding: BindingOptions;
  readonly passwords?: PasswordOptions;
  readonly sessions: SessionOptions;
  readonly mfa: MfaOptions;
  readonly events: EventOptions;
  readonly audit: AuditOptions;
  readonly replication: ReplicationOptions;
  readonly stores: Stores;
  /** What has to be closed when the app has stopped. */
  readonly storage?: OpenStorage;
}

type Given<T, Required extends keyof T = never> = Partial<Omit<T, Required>> & Pick<T, Required>;

/** What a team configures; everything else has a default. Open: an extension adds its sections here, by declaration merging. */
export interface PortcullisOptions extends Partial<RootOptions> {
  /** How users are identified. Without it no route can demand a user. */
  readonly tokens?: Given<
    Omit<TokenOptions, 'issuer' | 'trustedIssuers' | 'trustedLogins' | 'reactions'>,
    'audience'
  > & {
    /** Issue tokens ourselves. */
    readonly issuer?: Given<OwnIssuerOptions, 'url'>;
    /** Accept the tokens of others. */
    readonly trustedIssuers?: readonly Given<TrustedIssuerOptions, 'issuer'>[];
    /** What others say of how their users have logged in, as far as it counts. */
    readonly trustedLogins?: readonly Given<TrustedLoginOptions, 'issuer'>[];
    /** What is done when a token is misused. */
    readonly reactions?: Given<ReactionOptions>;
  };
  /** How applications are identified. */
  readonly apiKeys?: Given<Omit<ApiKeyOptions, 'personalTokens'>> & {
    /** How users make tokens for their own automation. */
    readonly personalTokens?: Given<PersonalTokenOptions>;
  };
  /** When an address is shut out, and for how long. */
  readonly bans?: Given<Omit<BanOptions, 'challenge' | 'feeds' | 'origins' | 'tarpit'>> & {
    /** Whom nobody wants by the country or the network operator of their address. */
    readonly origins?: Given<OriginOptions, 'readers'>;
    /** How banned people may show that they are no program. */
    readonly challenge?: Given<ChallengeOptions, 'path'>;
    /** How banned callers are held up with `answer: 'tarpit'`. */
    readonly tarpit?: Given<TarpitOptions>;
    /** Lists of addresses to ban that others keep. */
    readonly feeds?: readonly Given<BanFeedOptions, 'name' | 'source'>[];
  };
  /** How often callers may call. */
  readonly rateLimits?: Given<RateLimitOptions>;
  /** How those who send a bound credential prove that they hold its key. */
  readonly binding?: Given<BindingOptions>;
  /** How passwords are hashed. Without it the `PasswordVerifier` can't be used. */
  readonly passwords?: Given<PasswordOptions, 'hasher'>;
  /** How long logins last, and how many there may be. */
  readonly sessions?: Given<SessionOptions>;
  /** What a login needs besides a password. */
  readonly mfa?: Given<MfaOptions>;
  /** What the security events report. */
  readonly events?: Given<EventOptions>;
  /** What the audit log keeps, where `stores.audit` is given. */
  readonly audit?: Given<AuditOptions>;
  /** How several instances stay equal. */
  readonly replication?: Given<ReplicationOptions>;
  /**
   * Where everything is kept that lasts, and what instances share: `sqlite()`, `postgres()`, `memory()`. It is opened at boot, and closed
   * when the app has stopped. Without it everything is kept in memory, and no audit log.
   */
  readonly storage?: Storage;
  /** Stores one by one, each in the place of the storage's. They are the app's own to close. */
  readonly stores?: Partial<Stores>;
}
