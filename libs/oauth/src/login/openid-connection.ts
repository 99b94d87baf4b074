import type { UpstreamIdentity, UpstreamProfile } from '@portcullis/auth';
import { fetchJson, isSecureUrl, RemoteDocument } from '@portcullis/auth/internal';
import type { JSONWebKeySet } from 'jose';
import type * as OpenIdClient from 'openid-client';
import { clientAuthentication } from './client-authentication.js';
import { ID_TOKEN_ALGORITHMS, problemOfIdToken } from './id-token-checks.js';
import type { Claims, OpenIdProvider } from './login-provider.js';
import { signOnFailed } from './login-refusals.js';
import { profileIn } from './openid-profile.js';
import type { NewAttempt, ProvenUpstream, UpstreamConnection } from './upstream-connection.js';
import { ANSWER_SECONDS, unavailable, upstreamFetch } from './upstream-fetch.js';
import { upstreamRefusal } from './upstream-refusal.js';

/** Metadata hardly ever change, and last through an outage for a day; whoever comes after a failure asks again. In seconds. */
const TIMES = { refreshSeconds: 3_600, maxAgeSeconds: 86_400, cooldownSeconds: 30, retrySeconds: 1 };

/** Nobody makes us ask for keys more often than once in five seconds. */
const KEY_TIMES = { refreshSeconds: 300, maxAgeSeconds: 3_600, cooldownSeconds: 5, retrySeconds: 1 };

const SCOPES = ['openid', 'email', 'profile'];

/** Facts of the connection that are not the provider's. */
export interface ConnectionSettings {
  readonly name: string;
  readonly redirectUri: string;
  readonly clockToleranceSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** An issuer of OpenID Connect, asked by the authorization code flow with PKCE. */
export class OpenIdConnection implements UpstreamConnection {
  readonly #metadata: RemoteDocument<Claims>;
  readonly #metadataUrl: URL;
  #keys: RemoteDocument<JSONWebKeySet> | undefined;

  constructor(
    private readonly provider: OpenIdProvider,
    private readonly settings: ConnectionSettings,
  ) {
    const { issuer, metadataUrl } = provider;
    this.#metadataUrl = metadataUrl === undefined ? wellKnownOf(issuer) : new URL(metadataUrl);
    const fetching = async () => (await fetchJson(this.#metadataUrl)) as Claims;
    this.#metadata = new RemoteDocument(`the metadata of ${issuer}`, fetching, TIMES, settings.now);
  }

  async authorizationUrl({ state, nonce, verifier, maxAge }: NewAttempt): Promise<URL> {
    const { scopes = SCOPES, parameters, responseMode } = this.provider;
    const { library, configuration } = await this.open();
    return library.buildAuthorizationUrl(configuration, {
      ...parameters,
      ...{ redirect_uri: this.settings.redirectUri, scope: [...new Set(['openid', ...scopes])].join(' ') },
      ...{ state, nonce, code_challenge_method: 'S256' },
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      ...(responseMode === 'form_post' && { response_mode: responseMode }),
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
    });
  }

  async prove(answer: URL, { state, nonce, verifier, maxAge }: NewAttempt): Promise<ProvenUpstream> {
    const { name } = this.settings;
    const { library, configuration } = await this.open();
    try {
      const response = await library.authorizationCodeGrant(configuration, answer, {
        ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
        ...(maxAge !== undefined && { maxAge }),
      });
      const claims: Claims = response.claims() ?? {};
      const problem = problemOfIdToken(response, claims, this.provider.clientId);
      if (problem !== undefined) throw signOnFailed(`${name}: ${problem}`);
      const more = () => library.fetchUserInfo(configuration, response.access_token, claims.sub as string);
      return this.#provenBy(claims, more);
    } catch (error) {
      throw upstreamRefusal(name, error);
    }
  }

  /** Whom verified claims are about. @throws PortcullisError `single_sign_on_failed` for whom this app does not let in */
  identityOf(claims: Claims): UpstreamIdentity {
    const { identityOf = ({ iss, sub }) => ({ iss: iss as string, sub: sub as string }) } = this.provider;
    const identity = identityOf(claims);
    if (identity === undefined) throw signOnFailed(`${this.settings.name}: it is nobody who is let in here`);
    return identity;
  }

  /** What its logout tokens are checked by; keys are kept for a while, since anybody may send one. */
  async signing() {
    const {
      issuer,
      jwks_uri: uri,
      ...document
    } = this.#metadata.current() ?? (await this.#metadata.renewed());
    this.#keys ??= new RemoteDocument(
      `the keys of ${this.provider.issuer}`,
      async () => (await fetchJson(this.#secure(uri))) as JSONWebKeySet,
      KEY_TIMES,
      this.settings.now,
    );
    const keys = this.#keys;
    return {
      issuer: issuer as string,
      algorithms: this.#allowedBy(document),
      keys: keys.current() ?? (await keys.renewed()),
      newerKeys: () => keys.renewed(),
    };
  }

  /** Whether a login may be one of its. */
  async issues(iss: string): Promise<boolean> {
    const { issuer } = this.#metadata.current() ?? (await this.#metadata.renewed());
    const [before, after] = String(issuer).split('{tenantid}');
    return after === undefined ? iss === issuer : iss.startsWith(before as string) && iss.endsWith(after);
  }

  /** Where a browser logs out there; undefined where it has no such place. @param returnTo a URL that it knows */
  async logoutUrl(returnTo: string): Promise<string | undefined> {
    const { library, configuration, document } = await this.open();
    if (document.end_session_endpoint === undefined) return undefined;
    return library.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo }).href;
  }

  /**
   * The library, and how it is to ask this issuer. It is made anew each time, so that keys are fetched with each login: the issuer may
   * replace them at any time.
   *
   * @throws PortcullisError `temporarily_unavailable` where the issuer can't be asked what it is
   */
  async open() {
    const document = this.#metadata.current() ?? (await this.#metadata.renewed());
    // It takes a while to load, and logs nobody in who comes by password.
    const library = await import('openid-client');
    try {
      return { library, configuration: await this.#configuration(library, document), document };
    } catch (error) {
      throw unavailable(this.settings.name, error);
    }
  }

  async #configuration(library: typeof OpenIdClient, document: Claims) {
    const { issuer, clientId, allowHttpOnLoopback = false } = this.provider;
    const { name, clockToleranceSeconds, now } = this.settings;
    const supported = document.token_endpoint_auth_methods_supported;
    const fetching = upstreamFetch(name, allowHttpOnLoopback);
    const known = JSON.stringify({
      ...document,
      id_token_signing_alg_values_supported: this.#allowedBy(document),
    });
    const wellKnown = wellKnownOf(issuer).href;
    return library.discovery(
      new URL(issuer),
      clientId,
      {
        [library.clockSkew]: Math.round((now() - Date.now()) / 1000),
        [library.clockTolerance]: clockToleranceSeconds,
      },
      await clientAuthentication(library, this.provider, supported),
      {
        timeout: ANSWER_SECONDS,
        // A wrong signature is accepted without the first one.
        execute: [
          library.enableNonRepudiationChecks,
          ...(allowHttpOnLoopback ? [library.allowInsecureRequests] : []),
        ],
        // What it says of itself is here already.
        [library.customFetch]: async (url, options) =>
          url === wellKnown
            ? new Response(known, { headers: { 'content-type': 'application/json' } })
            : fetching(url, options),
      },
    );
  }

  /** What it may sign with, of what it says that it does. */
  #allowedBy({ id_token_signing_alg_values_supported: theirs }: Claims): readonly string[] {
    const { algorithms = ID_TOKEN_ALGORITHMS } = this.provider;
    return algorithms.filter((each) => !Array.isArray(theirs) || theirs.includes(each));
  }

  /** Metadata are no more trusted than a configuration is. @throws Error */
  #secure(url: unknown): URL {
    if (!isSecureUrl(url, this.provider.allowHttpOnLoopback ?? false))
      throw new Error('jwks_uri is no https URL');
    return new URL(url);
  }

  #provenBy(given: Claims, more: () => Promise<object>): ProvenUpstream {
    const { claimsOf = (each) => each, scopes = SCOPES } = this.provider;
    const claims = claimsOf(given);
    const identity = this.identityOf(claims);
    const { sid, auth_time: authTime, acr, amr } = claims;
    const { name } = this.settings;
    const isComplete = typeof claims.email === 'string' || !scopes.includes('email');
    const profile = async (): Promise<UpstreamProfile> => {
      if (isComplete || !(await this.#hasUserInfo())) return profileIn(claims, identity, name);
      try {
        return profileIn({ ...claimsOf((await more()) as Claims), ...claims }, identity, name);
      } catch (error) {
        throw upstreamRefusal(name, error);
      }
    };
    return {
      identity,
      upstream: { ...identity, ...(typeof sid === 'string' && sid !== '' && { sid }) },
      authTime: typeof authTime === 'number' ? authTime : undefined,
      proof: { ...(typeof acr === 'string' && { acr }), ...(areTexts(amr) && { amr }) },
      profile,
    };
  }

  async #hasUserInfo(): Promise<boolean> {
    return (await this.open()).document.userinfo_endpoint !== undefined;
  }
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** OpenID Connect Discovery section 4. */
function wellKnownOf(issuer: string): URL {
  return new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
}
