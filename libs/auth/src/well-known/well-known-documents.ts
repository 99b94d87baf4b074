import { Inject, Injectable } from '@nestjs/common';
import { AccessRules } from '../access/access-rules.js';
import { KeyRing } from '../tokens/key-ring.js';
import { resourceOf } from '../tokens/protected-resource.js';
import { FurtherDocuments } from './further-documents.js';
import { WELL_KNOWN_SETTINGS, type WellKnownSettings } from './well-known-settings.js';

/** The fields of RFC 8414 section 2 that apply to an issuer without endpoints, which supports no response types and no grants; and those of a server. */
interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly [field: string]: unknown;
}

/** How credentials may be bound, under the same names in both documents. */
interface BindingMetadata {
  /** RFC 9449 section 5.1. */
  readonly dpop_signing_alg_values_supported?: readonly string[];
  /** RFC 8705 section 3.3. */
  readonly tls_client_certificate_bound_access_tokens?: true;
}

/** RFC 9728 section 2. Lists without entries are left out (section 3.2). */
interface ProtectedResourceMetadata extends BindingMetadata {
  readonly resource: string;
  readonly authorization_servers?: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly scopes_supported?: readonly string[];
}

const ROOT = '/.well-known/';
const KEYS = `${ROOT}jwks.json`;

/**
 * What others need to verify our tokens, and clients to get some. No route of the app: standards put it at the root of the host, where
 * a prefix, a version or a catch-all of the app would keep it from being.
 */
@Injectable()
export class WellKnownDocuments {
  /** Where the metadata of this app as an issuer say that its keys are. */
  readonly #keys: string;
  /** OpenID Connect Discovery section 4 puts the name after the path of the issuer. */
  readonly #openid: string | undefined;

  constructor(
    @Inject(WELL_KNOWN_SETTINGS) private readonly options: WellKnownSettings,
    private readonly keyRing: KeyRing,
    private readonly rules: AccessRules,
    private readonly further: FurtherDocuments,
  ) {
    const issuer = options.tokens?.issuer?.url;
    this.#keys = issuer === undefined ? KEYS : new URL(keysOf(issuer)).pathname;
    this.#openid = issuer && new URL(`${issuer.replace(/\/$/, '')}${ROOT}openid-configuration`).pathname;
  }

  /**
   * The document at a path; undefined where there is none. The path of an issuer or a resource comes after the name (RFC 8414 section 3.1,
   * RFC 9728 section 3.1); the document says whom it is for, so any path may ask.
   */
  find(path: string): object | undefined {
    if (path === KEYS || path === this.#keys)
      return this.keyRing.signingKey === undefined ? undefined : this.keyRing.published;
    if (isAt('oauth-authorization-server', path)) return this.#authorizationServer();
    if (this.further.server !== undefined && (isAt('openid-configuration', path) || path === this.#openid))
      return this.#authorizationServer();
    if (isAt('oauth-protected-resource', path)) return this.#protectedResource();
    return path.startsWith(ROOT) ? this.further.find(path.slice(ROOT.length)) : undefined;
  }

  /** This app as an authorization server (RFC 8414). */
  #authorizationServer(): AuthorizationServerMetadata | undefined {
    const issuer = this.options.tokens?.issuer?.url;
    if (issuer === undefined) return undefined;
    return { issuer, jwks_uri: keysOf(issuer), ...this.#binding, ...this.further.server };
  }

  /** Whether the connections themselves ask for certificates is not known here; behind a proxy it is. */
  get #binding(): BindingMetadata {
    const { binding, publicOrigins } = this.options;
    return {
      ...(publicOrigins.length > 0 && { dpop_signing_alg_values_supported: binding.algorithms }),
      ...(binding.certificateHeader !== undefined && { tls_client_certificate_bound_access_tokens: true }),
    };
  }

  /** This app as a resource: whose tokens it takes, and with which scopes (RFC 9728). */
  #protectedResource(): ProtectedResourceMetadata | undefined {
    const { tokens } = this.options;
    const resource = tokens && resourceOf(tokens);
    if (tokens === undefined || resource === undefined) return undefined;
    const own = tokens.issuer === undefined ? [] : [tokens.issuer.url];
    const issuers = [...own, ...tokens.trustedIssuers.map(({ issuer }) => issuer)];
    const scopes = this.rules.userScopes;
    return {
      resource,
      ...(issuers.length > 0 && { authorization_servers: issuers }),
      bearer_methods_supported: ['header'],
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      ...this.#binding,
    };
  }
}

/** Whether a path may hold such a document: cheaper than to take it apart, and asked for each request. */
export function maybeWellKnown(url: string): boolean {
  return url.includes(ROOT);
}

/** Where the public keys of this app's own tokens are (RFC 7517 section 5). */
function keysOf(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}${KEYS}`;
}

function isAt(name: string, path: string): boolean {
  const place = ROOT + name;
  return path === place || path.startsWith(`${place}/`);
}
