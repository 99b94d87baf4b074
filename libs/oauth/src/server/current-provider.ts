import { Inject, Injectable } from '@nestjs/common';
import { KeyRing, OAuthGrants, type ReplaySet, SecurityEvents, TokenIssuer } from '@portcullis/auth';
import {
  BINDING_SETTINGS,
  type BindingSettings,
  DpopNonces,
  derivedKeys,
  OAuthArtifacts,
  TOKEN_SETTINGS,
  type TokenSettings,
} from '@portcullis/auth/internal';
import type { Provider } from 'oidc-provider';
import { AuthorizationRequests } from './authorization-requests.js';
import { ClientLogouts } from './client-logouts.js';
import { CodeUses } from './code-uses.js';
import { DevicePolls } from './device-polls.js';
import { reportErrors } from './provider-events.js';
import { loadProviderLibrary, type ProviderLibrary } from './provider-library.js';
import { ServerAccounts } from './server-accounts.js';
import { ServerClients } from './server-clients.js';
import { serverConfiguration } from './server-configuration.js';
import { ServerGrants } from './server-grants.js';
import { withOurModels } from './server-models.js';
import { ServerPages } from './server-pages.js';
import { methodsAt, ROOT } from './server-paths.js';
import { ServerProofs } from './server-proofs.js';
import { ServerRequests } from './server-requests.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { ServerTokenReader } from './server-token-reader.js';
import { ServerTokens } from './server-tokens.js';
import { ServerUses } from './server-uses.js';
import { TokenExchange } from './token-exchange.js';
import { TokenLookups } from './token-lookups.js';
import { UserCodeTries } from './user-code-tries.js';
import { UserDecisions } from './user-decisions.js';

/** The provider, which is made anew when the signing keys change: it takes them when it is constructed. */
@Injectable()
export class CurrentProvider {
  #library: ProviderLibrary | undefined;
  #class: typeof Provider | undefined;
  #provider: Provider | undefined;
  /** The keys that it was made with. */
  #keyIds = '';
  readonly #codeUses: CodeUses;
  readonly #sharedUses: ReplaySet | undefined;
  /** Derived once: where nobody has given any keys, they are random. */
  readonly #cookieKeys: readonly string[];
  readonly #binding: BindingSettings['binding'];

  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(BINDING_SETTINGS) { tokens: ofTokens, binding }: BindingSettings,
    @Inject(TOKEN_SETTINGS) private readonly clock: TokenSettings,
    private readonly artifacts: OAuthArtifacts,
    private readonly oauthGrants: OAuthGrants,
    private readonly uses: ServerUses,
    private readonly nonces: DpopNonces,
    private readonly proofs: ServerProofs,
    private readonly keyRing: KeyRing,
    private readonly issuer: TokenIssuer,
    private readonly accounts: ServerAccounts,
    private readonly clients: ServerClients,
    private readonly grants: ServerGrants,
    private readonly tokens: ServerTokens,
    private readonly reader: ServerTokenReader,
    private readonly requests: ServerRequests,
    private readonly pages: ServerPages,
    private readonly logouts: ClientLogouts,
    private readonly exchange: TokenExchange,
    private readonly tries: UserCodeTries,
    private readonly decisions: UserDecisions,
    private readonly lookups: TokenLookups,
    private readonly beginnings: AuthorizationRequests,
    private readonly events: SecurityEvents,
  ) {
    this.#codeUses = new CodeUses(artifacts, clock.now);
    this.#sharedUses = binding.replay === 'shared' ? binding.replays : undefined;
    this.#binding = binding;
    const given = ofTokens?.issuer?.keyEncryptionKeys;
    this.#cookieKeys = derivedKeys(given, 'portcullis oauth cookies').map((key) => key.toString('base64url'));
  }

  /** Loads the library, while the app boots. */
  async load(): Promise<void> {
    this.#library = await loadProviderLibrary();
    this.#class = withOurModels(this.#library, {
      tokens: this.tokens,
      reader: this.reader,
      lookups: this.lookups,
      grants: this.oauthGrants,
      clients: this.clients,
      uses: this.uses,
      logouts: this.logouts,
      decisions: this.decisions,
      polls: new DevicePolls(this.clock.now, this.#sharedUses),
    });
    await this.keyRing.ready();
    this.get();
  }

  /** The one for a request that begins now. Requests under way go on with theirs. */
  get(): Provider {
    const keys = this.keyRing.signingKeys;
    const keyIds = keys.map(({ kid }) => kid).join(' ');
    if (this.#provider === undefined || keyIds !== this.#keyIds) {
      this.#provider = this.#make(keys);
      this.#keyIds = keyIds;
    }
    return this.#provider;
  }

  #make(keys: KeyRing['signingKeys']): Provider {
    const [library, Class] = [this.#library, this.#class];
    if (library === undefined || Class === undefined)
      throw new Error('The authorization server is not loaded yet');
    const { url } = this.issuer;
    const provider: Provider = new Class(
      url,
      serverConfiguration(library, {
        settings: this.settings,
        artifacts: this.artifacts,
        errors: library.errors,
        now: this.clock.now,
        refreshGraceSeconds: this.settings.refreshGraceSeconds,
        interactionSeconds: this.settings.interactionSeconds,
        codeUses: this.#codeUses,
        context: () => library.Provider.ctx,
        accounts: this.accounts,
        clients: this.clients,
        grants: this.grants,
        tokens: this.tokens,
        issuer: url,
        keys,
        cookieKeys: this.#cookieKeys,
        nonceSecret: this.nonces.secret,
        binding: this.#binding,
        proofs: this.proofs,
        certificateIn: ({ req }) => this.requests.certificateIn(req),
        pages: this.pages,
        noteWrongCode: (context) => this.tries.noteWrong(context, provider),
      }),
    );
    provider.use(async (context, next) => {
      this.#codeUses.arrive(context);
      await next();
      await this.#codeUses.finish(context);
    });
    underIssuer(provider, url);
    refuseOtherMethods(provider);
    this.#showOwnPagesOnly(provider, url);
    this.tries.watch(provider);
    this.lookups.watch(provider);
    this.beginnings.watch(provider);
    this.logouts.watch(provider);
    this.exchange.registerAt(provider, library);
    reportErrors(provider, this.events);
    return provider;
  }

  #showOwnPagesOnly(provider: Provider, issuer: string): void {
    const own = `${issuer.replace(/\/$/, '')}${ROOT}`;
    provider.use(async (context, next) => {
      await next();
      this.pages.replaceForeign(context as never, (action) => !action.startsWith(own));
    });
  }
}

/** A path of ours by a method that it does not take, the provider leaves unanswered. */
function refuseOtherMethods(provider: Provider): void {
  provider.use(async (context, next) => {
    await next();
    if (context.status !== 404 || (context.body ?? undefined) !== undefined) return;
    context.status = 405;
    context.set({ Allow: methodsAt(context.path), 'Cache-Control': 'no-store' });
    context.body = { error: 'invalid_request', error_description: `no ${context.method} here` };
  });
}

/** Whatever a proxy or a client calls this server: its URLs are those of the issuer. */
function underIssuer(provider: Provider, issuer: string): void {
  const { origin, protocol, host } = new URL(issuer);
  provider.use(async (context, next) => {
    for (const [name, value] of Object.entries({ origin, protocol: protocol.slice(0, -1), host }))
      Object.defineProperty(context.request, name, { value, configurable: true });
    await next();
  });
}
