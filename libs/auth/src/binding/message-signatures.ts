import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { isDigestOf } from '../message-signatures/content-digest.js';
import { type MessageSignature, readMessageSignature } from '../message-signatures/message-signature.js';
import { MessageSignatureError } from '../message-signatures/message-signature-error.js';
import { componentsOf } from '../message-signatures/request-components.js';
import { signatureBase } from '../message-signatures/signature-base.js';
import { PublicOrigins } from '../net/public-origins.js';
import type { RequestContext } from '../request/request-context.js';
import { acceptedSignature } from './accepted-signature.js';
import { BINDING_SETTINGS, type BindingSettings } from './binding-settings.js';
import type { MessageSignatureKey } from './message-signature-key.js';
import { INVALID_MESSAGE_SIGNATURE } from './message-signature-refusals.js';
import { UsedProofs } from './used-proofs.js';

const MAX_NONCE_LENGTH = 128;

/** A credential that works only with a signature over the request. */
export interface SignedCredential {
  /** Its public name. */
  readonly id: string;
  /** The key that it is bound to. */
  readonly key: MessageSignatureKey;
  /** The header that it came in, in lower case: it has to be signed, or the signature would serve any other credential. */
  readonly header: string;
  /** The kind of the scheme that it came by. */
  readonly scheme: string;
}

/**
 * Checks the signatures of requests (RFC 9421): what costs nothing first, then the signature and the digest of the body, and whether the
 * nonce was used before only of one that is right in all else.
 */
@Injectable()
export class MessageSignatures {
  constructor(
    @Inject(BINDING_SETTINGS) private readonly settings: BindingSettings,
    private readonly origins: PublicOrigins,
    private readonly used: UsedProofs,
  ) {}

  /**
   * Demands that a request is signed by the key that its credential is bound to.
   *
   * @param credential one that is proven already: only its nonces are worth to be remembered
   * @throws PortcullisError `invalid_message_signature`; or `temporarily_unavailable` when nobody can say whether the nonce was used
   */
  async demandFor(credential: SignedCredential, request: RequestContext): Promise<void> {
    try {
      await this.#check(credential, request);
    } catch (error) {
      if (!(error instanceof MessageSignatureError)) throw error;
      request.addHeader('Accept-Signature', acceptedSignature(componentsFor(credential, request)));
      throw new PortcullisError(INVALID_MESSAGE_SIGNATURE, `${error.message} (${credential.id})`, {
        challenge: [credential.scheme],
        keyId: credential.id,
        ...(error instanceof UsedNonceError && { strikeEvent: 'replayed_proof' }),
      });
    }
  }

  async #check(credential: SignedCredential, request: RequestContext): Promise<void> {
    const { id, key } = credential;
    const signed = readMessageSignature(
      onlyHeader('signature-input', request),
      onlyHeader('signature', request),
    );
    demandCovered(componentsFor(credential, request), signed);
    this.#demandKey(credential, signed);
    const secondsLeft = this.#demandTime(signed);
    const nonce = nonceOf(signed);
    this.#demandSignature(key, signed, request);
    if (signed.covered.includes('content-digest')) demandDigest(request);
    if (!(await this.used.isFirstUse(`message-signature ${id} ${nonce}`, secondsLeft)))
      throw new UsedNonceError('its nonce was used before');
  }

  #demandKey({ id, key }: SignedCredential, { parameters: { alg, keyid } }: MessageSignature): void {
    if (!this.settings.binding.algorithms.includes(key.algorithm))
      throw new MessageSignatureError(`binding.algorithms is without ${key.algorithm}, which its key is for`);
    if (alg !== undefined && alg !== key.name) throw new MessageSignatureError(`alg is not ${key.name}`);
    if (keyid !== undefined && keyid !== key.thumbprint && keyid !== id)
      throw new MessageSignatureError('keyid is that of another key');
  }

  /** @returns for how long it would be accepted from now on, in seconds */
  #demandTime({ parameters: { created, expires } }: MessageSignature): number {
    if (created === undefined) throw new MessageSignatureError('it does not say when it was created');
    const { maxAgeSeconds, clockToleranceSeconds } = this.settings.binding;
    const now = this.settings.now() / 1000;
    // `created` counts whole seconds.
    const age = Math.floor(now) - created;
    if (age > maxAgeSeconds) throw new MessageSignatureError('it is too old');
    if (age < -clockToleranceSeconds) throw new MessageSignatureError('it was created in the future');
    if (expires !== undefined && expires <= now) throw new MessageSignatureError('it has expired');
    return created + maxAgeSeconds + 1 - now;
  }

  #demandSignature(key: MessageSignatureKey, signed: MessageSignature, request: RequestContext): void {
    if (this.origins.isEmpty)
      throw new MessageSignatureError('publicOrigins is empty, so that no URL is known to be ours');
    const { method, target } = request;
    const field = (name: string) => (request.timesSent(name) === 1 ? request.header(name) : undefined);
    const isRight = this.origins.urlsOf(target).some((url) => {
      const base = signatureBase(signed, componentsOf({ method, field }, url));
      return key.verify(base, signed.signature);
    });
    if (!isRight) throw new MessageSignatureError('it is not by its key over this request, by publicOrigins');
  }
}

/** Honest clients that try again have that as well: rules for strikes can tell it from the rest. */
class UsedNonceError extends MessageSignatureError {}

/** What a signature has to cover, at least. */
function componentsFor({ header }: SignedCredential, { hasBody }: RequestContext): readonly string[] {
  return ['@method', '@target-uri', header, ...(hasBody ? ['content-digest'] : [])];
}

function onlyHeader(name: string, request: RequestContext): string {
  const times = request.timesSent(name);
  const value = request.header(name);
  if (times === 0 || value === undefined) throw new MessageSignatureError(`there is no ${name}`);
  if (times > 1) throw new MessageSignatureError(`${name} came ${times} times`);
  return value;
}

function demandCovered(components: readonly string[], { covered }: MessageSignature): void {
  const missing = components.filter((component) => !covered.includes(component));
  if (missing.length > 0) throw new MessageSignatureError(`it does not cover ${missing.join(', ')}`);
}

function nonceOf({ parameters: { nonce } }: MessageSignature): string {
  if (nonce === undefined || nonce === '') throw new MessageSignatureError('it has no nonce');
  if (nonce.length > MAX_NONCE_LENGTH) throw new MessageSignatureError('its nonce is too long');
  return nonce;
}

/** What was signed is the digest alone: whether it is that of the body is seen on the bytes, and these are what the app's parser has read. */
function demandDigest(request: RequestContext): void {
  const content = request.hasBody ? request.rawBody : Buffer.alloc(0);
  if (content === undefined)
    throw new MessageSignatureError(
      'the body can not be compared with its digest: the app has to be created with { rawBody: true }, and to parse bodies of this content type',
    );
  if (request.header('content-encoding') !== undefined)
    throw new MessageSignatureError('the body is compressed, and its bytes as they came are gone');
  if (!isDigestOf(request.header('content-digest') ?? '', content))
    throw new MessageSignatureError('content-digest is not that of the body');
}
