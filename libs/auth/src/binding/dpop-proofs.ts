import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, type Refusal, type RefusalDetails } from '../errors.js';
import { PublicOrigins } from '../net/public-origins.js';
import type { RequestContext } from '../request/request-context.js';
import { DPOP_KIND } from '../tokens/token-kinds.js';
import { INVALID_DPOP_PROOF, USE_DPOP_NONCE } from './binding-refusals.js';
import { BINDING_SETTINGS, type BindingSettings } from './binding-settings.js';
import { DpopNonces } from './dpop-nonces.js';
import { type DpopProof, DpopProofReader, InvalidProofError, tokenHashOf } from './dpop-proof.js';
import { UsedProofs } from './used-proofs.js';

/** The header that a proof comes in, and the one that tells a client our nonce. */
const HEADER = 'dpop';
export const NONCE_HEADER = 'DPoP-Nonce';

/** The token that a proof is for. */
interface ProvenToken {
  readonly text: string;
  /** The key that it is bound to. */
  readonly jkt: string;
}

/**
 * Checks DPoP proofs (RFC 9449 section 4.3): what costs nothing first, then the signature, and whether it was used before only of one
 * that is right in all else.
 */
@Injectable()
export class DpopProofs {
  readonly #reader: DpopProofReader;

  constructor(
    @Inject(BINDING_SETTINGS) private readonly settings: BindingSettings,
    private readonly origins: PublicOrigins,
    private readonly nonces: DpopNonces,
    private readonly used: UsedProofs,
  ) {
    this.#reader = new DpopProofReader(settings.binding.algorithms);
  }

  /**
   * Demands the proof that whoever sends a token holds the key that it is bound to.
   *
   * @param token one that is proven already: only its proofs are worth to be remembered
   * @throws PortcullisError `invalid_dpop_proof`, `use_dpop_nonce`; or `temporarily_unavailable` when nobody can say whether it was used
   */
  async demandFor(token: ProvenToken, request: RequestContext): Promise<void> {
    await this.#check(request, this.origins, undefined, token);
  }

  /**
   * The thumbprint of the key whose proof came with a request for a token.
   *
   * @param origins where the request may have been sent to; by default those of the app
   * @returns undefined where none came
   * @throws PortcullisError as {@link demandFor}, with status 400 (RFC 9449 section 5)
   */
  async thumbprintIn(request: RequestContext, origins = this.origins): Promise<string | undefined> {
    if (request.timesSent(HEADER) === 0) return undefined;
    return this.#check(request, origins, 400);
  }

  /**
   * Demands of a proof that somebody else checks in all else that it is written as strictly as ours, and that its time or its nonce is good
   * enough.
   *
   * @throws PortcullisError `invalid_dpop_proof`, `use_dpop_nonce`
   */
  demandFresh(request: RequestContext): void {
    const refuse = (reason: string) => refusal(INVALID_DPOP_PROOF, reason, { status: 400 });
    if (this.#secondsLeftOf(this.#read(request, refuse).claims) === undefined) throw notFresh(400);
  }

  /**
   * Notes the use of a proof that somebody else has checked: what was used with them is used up with us as well.
   *
   * @param jti that of the proof, which tells it from whatever else counts once in the same request
   * @returns whether it is the first use; undefined where the request has no such proof
   * @throws PortcullisError `temporarily_unavailable` when nobody can say
   */
  isFirstUse(request: RequestContext, jti: string): Promise<boolean> | undefined {
    const proof = this.#proofIn(request);
    if (proof?.claims.jti !== jti) return undefined;
    const { key, claims } = proof;
    return this.#noteUse(key.thumbprint, jti, this.#secondsLeftOf(claims) ?? 0);
  }

  #proofIn(request: RequestContext): DpopProof | undefined {
    try {
      return this.#reader.read(request.header(HEADER) ?? '');
    } catch (error) {
      if (error instanceof InvalidProofError) return undefined;
      throw error;
    }
  }

  #noteUse(thumbprint: string, jti: string, seconds: number): Promise<boolean> {
    return this.used.isFirstUse(`dpop ${thumbprint} ${jti}`, seconds);
  }

  async #check(
    request: RequestContext,
    origins: PublicOrigins,
    status?: 400,
    token?: ProvenToken,
  ): Promise<string> {
    const refuse = (reason: string, strikeEvent?: string) =>
      refusal(INVALID_DPOP_PROOF, reason, { status, strikeEvent });
    const proof = this.#read(request, refuse);
    const wrong = whyNotFor(request, origins, proof, token);
    if (wrong !== undefined) throw refuse(wrong);
    // First: whoever is told that a nonce is missing has proven all else, and learns nothing.
    if (!proof.isSigned()) throw refuse('the signature is wrong');
    const secondsLeft = this.#secondsLeftOf(proof.claims);
    if (secondsLeft === undefined) throw notFresh(status);
    const { thumbprint } = proof.key;
    if (!(await this.#noteUse(thumbprint, proof.claims.jti, secondsLeft)))
      throw refuse('it was used before', 'replayed_proof');
    if (this.#needsNextNonce(proof.claims)) request.addHeader(NONCE_HEADER, this.nonces.current);
    return thumbprint;
  }

  #read(request: RequestContext, refuse: (reason: string) => PortcullisError): DpopProof {
    const times = request.timesSent(HEADER);
    if (times !== 1) throw refuse(times === 0 ? 'there is none' : `${times} came`);
    try {
      return this.#reader.read(request.header(HEADER) as string);
    } catch (error) {
      if (error instanceof InvalidProofError) throw refuse(error.message);
      throw error;
    }
  }

  /** For how long it would be accepted from now on, in seconds; undefined where it is not. */
  #secondsLeftOf({ iat, nonce }: DpopProof['claims']): number | undefined {
    // Whoever has our nonce has made the proof since, whatever their clock says (RFC 9449 section 11.1).
    if (nonce !== undefined) return this.nonces.secondsLeftOf(nonce);
    const { maxAgeSeconds, clockToleranceSeconds, nonce: demand } = this.settings.binding;
    if (demand === 'demand') return undefined;
    const now = this.settings.now() / 1000;
    // `iat` counts whole seconds, as a rule.
    const age = Math.floor(now) - iat;
    if (age > maxAgeSeconds || age < -clockToleranceSeconds) return undefined;
    return iat + maxAgeSeconds + 1 - now;
  }

  /** Before the one that was used is over (RFC 9449 section 8.2). */
  #needsNextNonce({ nonce }: DpopProof['claims']): boolean {
    return nonce !== undefined && nonce !== this.nonces.current;
  }
}

function whyNotFor(
  request: RequestContext,
  origins: PublicOrigins,
  { key, claims: { htm, htu, ath } }: DpopProof,
  token?: ProvenToken,
): string | undefined {
  if (token !== undefined && key.thumbprint !== token.jkt)
    return 'it is of another key than the token is bound to';
  if (htm !== request.method) return 'htm is not the method';
  if (origins.isEmpty) return 'publicOrigins is empty, so that no URL is known to be ours';
  if (!origins.matches(htu, request.path)) return 'htu is not the URL, by publicOrigins';
  if (token !== undefined && ath !== tokenHashOf(token.text)) return 'ath is not that of the token';
  return undefined;
}

function notFresh(status: 400 | undefined): PortcullisError {
  return refusal(USE_DPOP_NONCE, 'its time or its nonce is not good enough', { status });
}

function refusal(
  which: Refusal,
  reason: string,
  { status, strikeEvent }: { readonly status: 400 | undefined; readonly strikeEvent?: string | undefined },
): PortcullisError {
  const details: RefusalDetails = {
    challenge: [DPOP_KIND],
    ...(status && { status }),
    ...(strikeEvent !== undefined && { strikeEvent }),
  };
  return new PortcullisError(which, `DPoP proof: ${reason}`, details);
}
