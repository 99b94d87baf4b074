import { Inject, Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import { sentUnder } from '../credentials/authorization-header.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import type { Challenge, CredentialScheme } from '../credentials/credential-scheme.js';
import { type Lasting, STANDING } from '../credentials/standing-proofs.js';
import { INVALID_REQUEST, PortcullisError } from '../errors.js';
import { attributed } from '../identity/attributed.js';
import type { Identity } from '../identity/identity.js';
import type { VerifiedToken } from '../identity/verified-token.js';
import { PublicOrigins } from '../net/public-origins.js';
import type { RequestContext } from '../request/request-context.js';
import { holderOf } from '../tokens/token-holder.js';
import { DPOP_KIND } from '../tokens/token-kinds.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { BINDING_SETTINGS, type BindingSettings } from './binding-settings.js';
import { DpopNonces } from './dpop-nonces.js';
import { DpopProofs, NONCE_HEADER } from './dpop-proofs.js';

/** The name of the scheme (RFC 9449 section 7.1). */
const DPOP = 'dpop';

/** `Authorization: DPoP` (RFC 9449): access tokens that are bound to a key, each request with a proof of that key. */
@Injectable()
export class DpopScheme implements CredentialScheme<string>, Lasting {
  readonly kind = DPOP_KIND;
  readonly proves = 'user';
  /** That `Authorization` comes once is seen to below, and by `Bearer`: to look twice would cost every request. */
  readonly headers = [];
  readonly howToSend =
    'an access token that is bound to a key as "Authorization: DPoP <token>", with a proof in the header DPoP';
  readonly unusable: string | undefined;
  readonly #parameters: Readonly<Record<string, string>>;

  constructor(
    @Inject(BINDING_SETTINGS) private readonly settings: BindingSettings,
    private readonly verifier: TokenVerifier,
    private readonly proofs: DpopProofs,
    private readonly nonces: DpopNonces,
    origins: PublicOrigins,
  ) {
    const { tokens, binding } = settings;
    // Clients of today know Ed25519 by one of its names only (RFC 9864).
    const names = binding.algorithms.flatMap((name) => (name === 'EdDSA' ? ['Ed25519', name] : name));
    this.#parameters = { algs: names.join(' ') };
    if (origins.isEmpty || tokens === undefined)
      this.unusable = 'no proof can be checked: set the options "tokens" and "publicOrigins"';
  }

  present(request: RequestContext): string | undefined {
    const authorization = request.header('authorization');
    const token = authorization === undefined ? undefined : sentUnder(DPOP, authorization);
    if (token === undefined) return undefined;
    if (request.timesSent('authorization') > 1) throw sentWrongly('the header authorization was sent twice');
    if (request.hasInForm('access_token'))
      throw sentWrongly('an access token was sent in the header and in the body');
    return token;
  }

  /** Each request has a proof of its own. */
  [STANDING](): undefined {}

  async prove(token: string, request: RequestContext): Promise<Identity> {
    if (this.unusable !== undefined)
      throw new PortcullisError(INVALID_TOKEN, this.unusable, { challenge: [BEARER_KIND] });
    const verifying: MaybePromise<VerifiedToken> = this.verifier.verify(token);
    const { identity } = verifying instanceof Promise ? await verifying : verifying;
    await attributed(holderOf(identity), () => this.#demandProof(token, identity, request));
    return identity;
  }

  #demandProof(token: string, { confirmation }: Identity, request: RequestContext): Promise<void> {
    if (confirmation === undefined) throw notForDpop('is bound to nothing');
    if (!('jkt' in confirmation)) throw notForDpop('is bound to a certificate');
    return this.proofs.demandFor({ text: token, jkt: confirmation.jkt }, request);
  }

  challenge({ code }: PortcullisError): Challenge | undefined {
    if (this.unusable !== undefined) return undefined;
    const { nonce } = this.settings.binding;
    const headers: Record<string, string> =
      nonce === 'demand' || code === 'use_dpop_nonce' ? { [NONCE_HEADER]: this.nonces.current } : {};
    return { scheme: 'DPoP', parameters: this.#parameters, headers };
  }

  async nameOf(token: string): Promise<string | undefined> {
    return (await this.verifier.verify(token)).facts.tokenId;
  }
}

function notForDpop(reason: string): PortcullisError {
  return new PortcullisError(INVALID_TOKEN, `a token that ${reason} was sent under DPoP`, {
    challenge: [DPOP_KIND],
  });
}

function sentWrongly(reason: string): PortcullisError {
  return new PortcullisError(INVALID_REQUEST, reason, { challenge: [DPOP_KIND] });
}
