import { IsBoolean, IsIn, IsNotEmpty, IsString, Matches, ValidateNested } from 'class-validator';
import { ApiKeyOptions, PersonalTokenOptions } from './api-keys/api-key.options.js';
import type { ApiKeyStore } from './api-keys/api-key.store.js';
import { AuditOptions } from './audit/audit.options.js';
import type { AuditStore } from './audit/audit.store.js';
import { BanOptions } from './bans/ban.options.js';
import type { BanStore } from './bans/ban.store.js';
import { BanFeedOptions } from './bans/lists/ban-feed.options.js';
import { PortcullisConfigurationError } from './errors.js';
import {
  AreProxyNetworks,
  HasMethods,
  IfGiven,
  IsCallable,
  problemsOf,
  withDefaults,
} from './options/options-validation.js';
import { ReplicationOptions } from './replication/replication.options.js';
import type { RevocationStore } from './revocation/revocation.store.js';
import type { SigningKeyStore } from './tokens/signing-key.store.js';
import {
  OwnIssuerOptions,
  ReactionOptions,
  TokenOptions,
  TrustedIssuerOptions,
} from './tokens/token.options.js';
import { contradictionsIn } from './tokens/token-contradictions.js';

/** Injects the {@link ResolvedOptions}. */
export const PORTCULLIS_OPTIONS = Symbol('portcullis.options');

const FORWARDED_HEADERS = ['X-Forwarded-For', 'Forwarded'] as const;

/** What the security events tell. */
export class EventOptions {
  /** Also report requests that were let in, which is every request of a healthy app. */
  @IsBoolean()
  readonly accepted: boolean = false;

  /** Write refusals (debug), bans and leaks (warn) to Nest's logger. */
  @IsBoolean()
  readonly log: boolean = true;
}

/** Where durable data is kept. */
export class Stores {
  @HasMethods(
    'insert',
    'findById',
    'findByHash',
    'list',
    'revoke',
    'setDisabled',
    'replace',
    'rehash',
    'recordUses',
  )
  readonly apiKeys!: ApiKeyStore;

  @HasMethods(
    'save',
    'findById',
    'findLatest',
    'list',
    'lift',
    'forget',
    'forgetExpiredBefore',
    'trim',
    'clear',
  )
  readonly bans!: BanStore;

  @HasMethods('save', 'findActive', 'forgetExpiredBefore')
  readonly revocations!: RevocationStore;

  /** Without it made keys are kept in memory, by each process its own. Needs `tokens.issuer.keyEncryptionKeys`. */
  @IfGiven()
  @HasMethods('list', 'add', 'remove', 'replaceAll')
  readonly signingKeys?: SigningKeyStore;

  /** The audit log. None by default: then none is kept. */
  @IfGiven()
  @HasMethods('append', 'list', 'prune')
  readonly audit?: AuditStore;
}

/** Every option with its default filled in. Never changed after boot. */
export class ResolvedOptions {
  /** How users are identified. Without it no route can demand a user. */
  @IfGiven()
  @ValidateNested()
  readonly tokens?: TokenOptions;

  /** How applications are identified. */
  @ValidateNested()
  readonly apiKeys!: ApiKeyOptions;

  /** When an address is shut out. */
  @ValidateNested()
  readonly bans!: BanOptions;

  /** What the security events tell. */
  @ValidateNested()
  readonly events!: EventOptions;

  /** What the audit log keeps, where `stores.audit` is given. */
  @ValidateNested()
  readonly audit!: AuditOptions;

  /** How several instances stay equal. */
  @ValidateNested()
  readonly replication!: ReplicationOptions;

  /** Where durable data is kept; in memory by default, so that it is gone when the process ends. */
  @ValidateNested()
  readonly stores!: Stores;

  /**
   * The proxies in front of this app, as addresses or networks in CIDR notation. Only their
   * {@link forwardedHeader} is believed. None by default.
   */
  @AreProxyNetworks()
  readonly trustedProxies: readonly string[] = [];

  /**
   * The header in which these proxies name their client: `X-Forwarded-For`, with `X-Forwarded-Proto` beside it, or the standard
   * `Forwarded` (RFC 7239). The other one is ignored, because a proxy passes on what it doesn't write itself.
   */
  @IsIn(FORWARDED_HEADERS)
  readonly forwardedHeader: (typeof FORWARDED_HEADERS)[number] = 'X-Forwarded-For';

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
   * Guard every route of the app. False is for teams that place `JwtGuard` and `ApiKeyGuard` by hand: a route
   * without either is then open.
   */
  @IsBoolean()
  readonly globalGuard: boolean = true;

  /**
   * Register the strategies with the process-wide Passport as `jwt` and `headerapikey`, so that `AuthGuard('jwt')` asks them.
   * Two apps in one process then overwrite each other's: leave it off where you can.
   */
  @IsBoolean()
  readonly registerPassport: boolean = false;

  /** `realm` in challenges (RFC 9110 section 11.5). */
  @Matches(/^[\w .:/-]+$/, { message: '$property must be plain text without quotes' })
  readonly realm: string = 'api';

  /** This machine's clock, in milliseconds since the epoch. For tests. Where instances share a clock, it is corrected by that. */
  @IsCallable()
  readonly now: () => number = Date.now;
}

type Given<T, Required extends keyof T = never> = Partial<Omit<T, Required>> & Pick<T, Required>;

/** What a team configures; everything else has a default. */
export interface PortcullisOptions
  extends Partial<
    Omit<ResolvedOptions, 'tokens' | 'apiKeys' | 'bans' | 'events' | 'audit' | 'replication' | 'stores'>
  > {
  /** How users are identified. Without it no route can demand a user. */
  readonly tokens?: Given<Omit<TokenOptions, 'issuer' | 'trustedIssuers' | 'reactions'>, 'audience'> & {
    /** Issue tokens ourselves. */
    readonly issuer?: Given<OwnIssuerOptions, 'url'>;
    /** Accept the tokens of others. */
    readonly trustedIssuers?: readonly Given<TrustedIssuerOptions, 'issuer'>[];
    /** What is done when a token is misused. */
    readonly reactions?: Given<ReactionOptions>;
  };
  /** How applications are identified. */
  readonly apiKeys?: Given<Omit<ApiKeyOptions, 'personalTokens'>> & {
    /** How users make tokens for their own automation. */
    readonly personalTokens?: Given<PersonalTokenOptions>;
  };
  /** When an address is shut out, and for how long. */
  readonly bans?: Given<Omit<BanOptions, 'feeds'>> & {
    /** Lists of addresses to ban that others keep. */
    readonly feeds?: readonly Given<BanFeedOptions, 'name' | 'source'>[];
  };
  /** What the security events tell. */
  readonly events?: Given<EventOptions>;
  /** What the audit log keeps, where `stores.audit` is given. */
  readonly audit?: Given<AuditOptions>;
  /** How several instances stay equal. */
  readonly replication?: Given<ReplicationOptions>;
  /** Where durable data is kept; what is not named is kept in memory. */
  readonly stores?: Partial<Stores>;
}

/**
 * Fills in the defaults and checks everything.
 *
 * @param defaultStores what holds the data that the options don't place
 * @throws PortcullisConfigurationError naming every option that is wrong
 */
export function resolveOptions(given: PortcullisOptions, defaultStores: Stores): ResolvedOptions {
  const { tokens } = given;
  const options = withDefaults(ResolvedOptions, {
    ...given,
    apiKeys: withDefaults(ApiKeyOptions, apiKeySections(given.apiKeys)),
    bans: withDefaults(BanOptions, banSections(given.bans)),
    events: withDefaults(EventOptions, given.events),
    audit: withDefaults(AuditOptions, given.audit),
    replication: withDefaults(ReplicationOptions, given.replication),
    stores: withDefaults(Stores, given.stores, defaultStores),
    tokens: tokens && withDefaults(TokenOptions, tokenSections(tokens)),
  });
  const problems = problemsOf(options);
  if (problems.length === 0 && options.tokens !== undefined)
    problems.push(...contradictionsIn(options.tokens, options.stores));
  if (problems.length > 0) throw new PortcullisConfigurationError(problems);
  return Object.freeze(options);
}

function apiKeySections(apiKeys: PortcullisOptions['apiKeys'] = {}): object {
  if (typeof apiKeys !== 'object' || apiKeys === null) return apiKeys;
  return { ...apiKeys, personalTokens: withDefaults(PersonalTokenOptions, apiKeys.personalTokens) };
}

function banSections(bans: PortcullisOptions['bans'] = {}): object {
  if (typeof bans !== 'object' || bans === null) return bans;
  return { ...bans, feeds: withDefaultsEach(BanFeedOptions, bans.feeds) };
}

function tokenSections({
  issuer,
  trustedIssuers,
  reactions,
  ...rest
}: NonNullable<PortcullisOptions['tokens']>): object {
  return {
    ...rest,
    reactions: withDefaults(ReactionOptions, reactions),
    issuer: issuer && withDefaults(OwnIssuerOptions, issuer),
    trustedIssuers: withDefaultsEach(TrustedIssuerOptions, trustedIssuers),
  };
}

/** What is no list is left as it is, to be refused by name. */
function withDefaultsEach<T extends object>(
  type: new () => T,
  given: readonly object[] | undefined,
): unknown {
  return Array.isArray(given) ? given.map((each) => withDefaults(type, each)) : given;
}
