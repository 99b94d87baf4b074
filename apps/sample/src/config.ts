const ADAPTERS = ['express', 'fastify'] as const;
const LOG_LEVELS = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] as const;

/** An app of somebody else whose users log in here, and for whose API this one issues tokens. */
export interface Partner {
  /** Where browsers find it. */
  readonly origin: string;
  /** `aud` of the tokens for it. */
  readonly audience: string;
  readonly secret: string;
}

/** An app whose accounts do here as well. */
export interface Upstream {
  readonly issuer: string;
  readonly clientId: string;
  readonly secret: string;
}

/** Everything that differs from one deployment to another. */
export interface SampleConfig {
  readonly adapter: (typeof ADAPTERS)[number];
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** `iss` of the tokens that this app issues: the URL under which its clients know it. */
  readonly issuer: string;
  /** `aud` of the tokens that this app accepts. */
  readonly audience: string;
  /** The URLs by which clients call this app, which they sign where their tokens are bound to a key. */
  readonly publicOrigins: readonly string[];
  /** The origin of the page at which people log in; its host is the domain of their passkeys. */
  readonly loginOrigin: string;
  /** Others whose tokens are accepted as well. */
  readonly trustedIssuers: readonly {
    readonly issuer: string;
    /** By default the issuer is asked. */
    readonly jwksUri?: string;
    readonly allowHttpOnLoopback: boolean;
  }[];
  readonly partner: Partner | undefined;
  readonly upstream: Upstream | undefined;
  /** Whether clients that everybody knows may use the authorization server. */
  readonly hasDemoClients: boolean;
  /** Addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. */
  readonly trustedProxies: readonly string[];
  /**
   * The folder in which the database is kept, where it is a file. It is made when it is missing. Undefined in tests that name none:
   * then everything is kept in memory.
   */
  readonly dataFolder: string | undefined;
  /** A PostgreSQL instead of the file. It may hold a password. */
  readonly databaseUrl: string | undefined;
  /** A Redis that publishes changes to all instances and counts for all of them. It may hold a password. */
  readonly redisUrl: string | undefined;
  /** What the keys that sign tokens are encrypted with where they are kept; none in development, where one is made. */
  readonly keyEncryptionKeys: readonly string[] | undefined;
  /** The least serious messages that are logged. */
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether only programs on the same machine can connect. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A variable that makes no sense, said in one line. */
export class ConfigError extends Error {}

/**
 * Reads the environment. URLs and networks are only taken apart here: Portcullis checks what they say.
 *
 * @throws ConfigError naming the first variable that makes no sense
 */
export function readConfig(env: Environment): SampleConfig {
  const port = portFrom(env.PORT ?? '3000');
  const host = hostFrom(env.HOST ?? '127.0.0.1');
  const issuer = env.ISSUER ?? `http://localhost:${port}`;
  return {
    adapter: choiceFrom('ADAPTER', env.ADAPTER ?? 'express', ADAPTERS),
    host,
    port,
    issuer,
    audience: env.AUDIENCE ?? 'https://parcels.example',
    publicOrigins: originsFrom(env.PUBLIC_ORIGINS, issuer, host, port),
    loginOrigin: loginOriginFrom(env.LOGIN_ORIGIN ?? issuer),
    trustedIssuers: trustedIssuersFrom(env.EXTERNAL_ISSUER, env.EXTERNAL_JWKS_URI),
    partner: partnerFrom(env),
    upstream: upstreamFrom(env),
    hasDemoClients: env.NODE_ENV !== 'production',
    trustedProxies: listFrom(env.TRUSTED_PROXIES ?? ''),
    dataFolder: folderFrom(env),
    databaseUrl: urlFrom('DATABASE_URL', env.DATABASE_URL, ['postgres', 'postgresql']),
    redisUrl: urlFrom('REDIS_URL', env.REDIS_URL, ['redis', 'rediss']),
    keyEncryptionKeys: encryptionKeysFrom(env.KEY_ENCRYPTION_KEY, env.NODE_ENV),
    logLevel: choiceFrom('LOG_LEVEL', env.LOG_LEVEL ?? 'warn', LOG_LEVELS),
  };
}

function portFrom(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new ConfigError(`PORT must be a whole number from 0 to 65535, not ${JSON.stringify(text)}`);
}

function hostFrom(text: string): string {
  // Node would take an empty host for "listen on every interface".
  if (/^\S+$/.test(text)) return text;
  throw new ConfigError(`HOST must be an address or a host name, not ${JSON.stringify(text)}`);
}

function folderFrom({ DATA, DATABASE_URL, NODE_ENV }: Environment): string | undefined {
  if (DATA === undefined) return NODE_ENV === 'test' && DATABASE_URL === undefined ? undefined : 'data';
  if (DATA.trim() !== '') return DATA;
  throw new ConfigError(`DATA must be the path of a folder, not ${JSON.stringify(DATA)}`);
}

/** The error says nothing of the URL, which may hold a password. */
function urlFrom(name: string, text: string | undefined, schemes: readonly string[]): string | undefined {
  if (text === undefined || schemes.some((scheme) => text.startsWith(`${scheme}://`))) return text;
  throw new ConfigError(`${name} must be a URL that begins with ${schemes.join(':// or ')}://`);
}

function encryptionKeysFrom(text: string | undefined, environment?: string): readonly string[] | undefined {
  if (text !== undefined) return listFrom(text);
  if (environment !== 'production') return undefined;
  throw new ConfigError('KEY_ENCRYPTION_KEY must be set in production; `openssl rand -base64 32` makes one');
}

function choiceFrom<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new ConfigError(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(text)}`);
}

function trustedIssuersFrom(issuer?: string, jwksUri?: string): SampleConfig['trustedIssuers'] {
  // Whoever names a URL of plain http means it, and Portcullis allows it on this machine alone.
  if (issuer !== undefined)
    return [
      { issuer, ...(jwksUri && { jwksUri }), allowHttpOnLoopback: (jwksUri ?? issuer).startsWith('http:') },
    ];
  if (jwksUri === undefined) return [];
  throw new ConfigError('EXTERNAL_JWKS_URI says where the keys of EXTERNAL_ISSUER are: set both');
}

function partnerFrom({ PARTNER_ORIGIN, PARTNER_AUDIENCE, PARTNER_SECRET }: Environment): Partner | undefined {
  if (!areTogether({ PARTNER_ORIGIN, PARTNER_AUDIENCE, PARTNER_SECRET })) return undefined;
  return {
    origin: PARTNER_ORIGIN as string,
    audience: PARTNER_AUDIENCE as string,
    secret: PARTNER_SECRET as string,
  };
}

function upstreamFrom({
  UPSTREAM_ISSUER,
  UPSTREAM_CLIENT_ID,
  UPSTREAM_SECRET,
}: Environment): Upstream | undefined {
  if (!areTogether({ UPSTREAM_ISSUER, UPSTREAM_CLIENT_ID, UPSTREAM_SECRET })) return undefined;
  return {
    issuer: UPSTREAM_ISSUER as string,
    clientId: UPSTREAM_CLIENT_ID as string,
    secret: UPSTREAM_SECRET as string,
  };
}

/** @throws ConfigError where some of them are set, and others are not */
function areTogether(variables: Environment): boolean {
  const names = Object.keys(variables);
  const set = names.filter((name) => variables[name] !== undefined);
  if (set.length === 0 || set.length === names.length) return set.length > 0;
  throw new ConfigError(`${names.join(', ')} must be set together`);
}

/** By default what the tokens call it, and on this machine also what it is started under. */
function originsFrom(text: string | undefined, issuer: string, host: string, port: number): string[] {
  if (text !== undefined) return listFrom(text);
  return isLoopback(host) ? [issuer, `http://${host.includes(':') ? `[${host}]` : host}:${port}`] : [issuer];
}

function loginOriginFrom(text: string): string {
  if (URL.canParse(text)) return new URL(text).origin;
  throw new ConfigError(`LOGIN_ORIGIN must be the origin of the login page, not ${JSON.stringify(text)}`);
}

function listFrom(text: string): string[] {
  return text.split(',').flatMap((entry) => entry.trim() || []);
}
