import { isSecureUrl } from '@portcullis/auth/internal';
import { isClientKey } from './client-authentication.js';
import { isOpenId, type LoginProvider } from './login-provider.js';
import { isOwnPath } from './own-path.js';

/** Injects the {@link LoginSettings}. */
export const LOGIN_SETTINGS = Symbol('portcullis.single-sign-on');

/** Pages of the app that people are sent to. */
export interface LoginPages {
  /**
   * Where a login goes on that waits for a second factor; it takes it up by `POST /login/answer`. By default where the login was to lead.
   */
  readonly secondFactor?: string;
  /** Where people see that a login has failed: with `error`, a code, and `provider` in the query. By default they get problem details. */
  readonly failed?: string;
}

/** Who may vouch for users, and what becomes of it. */
export interface LoginSettings {
  /** By the names that they have in paths. */
  readonly providers: Readonly<Record<string, LoginProvider>>;
  /** The path in front of `:provider`. */
  readonly path: string;
  /** The https URL under which browsers reach that path's parent (http on loopback). By default the one of `tokens.issuer`. */
  readonly publicUrl: string | undefined;
  readonly pages: LoginPages;
}

/** As it stands in paths and in names of cookies. */
const NAME = /^[a-z][a-z\d-]{0,31}$/;

/** What is wrong, each in one line. */
export function problemsOf({ providers, publicUrl, pages }: LoginSettings): string[] {
  const named = Object.entries(providers ?? {});
  const problems = [
    ...(named.length > 0 ? [] : ['providers must name at least one']),
    ...named.flatMap(([name, provider]) => problemsOfProvider(name, provider)),
    ...(publicUrl === undefined || isSecureUrl(publicUrl, true)
      ? []
      : ['publicUrl must be an https URL without a query (http on loopback only)']),
    ...Object.entries(pages)
      .filter(([, page]) => page !== undefined && (!isOwnPath(page) || page.includes('#')))
      .map(([name]) => `pages.${name} must be a path of this app`),
  ];
  return problems.map((text) => `PortcullisLoginModule: ${text}`);
}

function problemsOfProvider(name: string, provider: LoginProvider): string[] {
  const at = `providers.${name}`;
  if (!NAME.test(name)) return [`${at}: a name has up to 32 lower-case letters, digits and -`];
  if (typeof provider !== 'object' || provider === null) return [`${at} must be an object`];
  const { issuer, clientId, clientSecret, allowHttpOnLoopback = false } = provider;
  const urls = isOpenId(provider)
    ? { issuer, ...(provider.metadataUrl !== undefined && { metadataUrl: provider.metadataUrl }) }
    : {
        issuer,
        authorizationEndpoint: provider.authorizationEndpoint,
        tokenEndpoint: provider.tokenEndpoint,
      };
  const problems: [boolean, string][] = [
    ...Object.entries(urls).map(([part, url]): [boolean, string] => [
      isSecureUrl(url, allowHttpOnLoopback),
      `${part} must be an https URL`,
    ]),
    [isText(clientId), 'clientId must be a text'],
    [
      clientSecret === undefined || isText(clientSecret) || typeof clientSecret === 'function',
      'clientSecret must be a text, or a function that makes one',
    ],
    ...problemsOfKey(provider),
  ];
  return problems.filter(([isRight]) => !isRight).map(([, text]) => `${at}: ${text}`);
}

function problemsOfKey({
  clientKey,
  clientSecret,
  clientAuthentication,
}: LoginProvider): [boolean, string][] {
  if (clientKey === undefined) return [];
  return [
    [
      clientSecret === undefined && clientAuthentication === undefined,
      'clientKey stands in the place of clientSecret and clientAuthentication',
    ],
    [
      isClientKey(clientKey?.privateKey),
      'clientKey.privateKey must be a private key in PEM: of EC on P-256, Ed25519, or RSA with at least 2048 bits',
    ],
    [clientKey?.keyId === undefined || isText(clientKey.keyId), 'clientKey.keyId must be a text'],
  ];
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
