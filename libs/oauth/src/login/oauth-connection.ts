import type { UpstreamProfile } from '@portcullis/auth';
import { clientAuthentication } from './client-authentication.js';
import type { OAuthProvider } from './login-provider.js';
import { signOnFailed } from './login-refusals.js';
import type { ConnectionSettings } from './openid-connection.js';
import type { NewAttempt, ProvenUpstream, UpstreamConnection } from './upstream-connection.js';
import { ANSWER_SECONDS, upstreamFetch } from './upstream-fetch.js';
import { upstreamRefusal } from './upstream-refusal.js';

/** Such a provider says nowhere how it takes secrets; as good as all take them in the body. */
const TAKEN = ['client_secret_post'];

/** A provider without ID tokens: who has logged in is asked with their access token, which is thrown away then. */
export class OAuthConnection implements UpstreamConnection {
  constructor(
    private readonly provider: OAuthProvider,
    private readonly settings: ConnectionSettings,
  ) {}

  async authorizationUrl({ state, verifier }: NewAttempt): Promise<URL> {
    const { scopes = [], parameters } = this.provider;
    const { library, configuration } = await this.#open();
    return library.buildAuthorizationUrl(configuration, {
      ...parameters,
      ...{ redirect_uri: this.settings.redirectUri, scope: scopes.join(' '), state },
      ...{
        code_challenge: await library.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      },
    });
  }

  async prove(answer: URL, { state, verifier }: NewAttempt): Promise<ProvenUpstream> {
    const { name } = this.settings;
    const { issuer: iss, profileOf } = this.provider;
    const { library, configuration } = await this.#open();
    try {
      const { access_token: accessToken } = await library.authorizationCodeGrant(configuration, answer, {
        expectedState: state,
        pkceCodeVerifier: verifier,
      });
      const read = async (url: string): Promise<unknown> => {
        const headers = new Headers({ accept: 'application/json' });
        const response = await library.fetchProtectedResource(
          ...([configuration, accessToken, new URL(url), 'GET', undefined, headers] as const),
        );
        if (!response.ok) throw signOnFailed(`${name}: ${new URL(url).pathname} answered ${response.status}`);
        return response.json();
      };
      const profile: UpstreamProfile = { ...(await profileOf(read)), provider: name, iss };
      const { sub } = profile;
      if (typeof sub !== 'string' || sub === '') throw signOnFailed(`${name}: it does not say who it is`);
      const identity = { iss, sub };
      return { identity, upstream: identity, authTime: undefined, proof: {}, profile: async () => profile };
    } catch (error) {
      throw upstreamRefusal(name, error);
    }
  }

  async #open() {
    const {
      issuer,
      authorizationEndpoint,
      tokenEndpoint,
      clientId,
      allowHttpOnLoopback = false,
    } = this.provider;
    const library = await import('openid-client');
    const configuration = new library.Configuration(
      { issuer, authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint },
      clientId,
      {},
      await clientAuthentication(library, this.provider, TAKEN),
    );
    configuration[library.customFetch] = upstreamFetch(this.settings.name, allowHttpOnLoopback);
    configuration.timeout = ANSWER_SECONDS;
    if (allowHttpOnLoopback) library.allowInsecureRequests(configuration);
    return { library, configuration };
  }
}
