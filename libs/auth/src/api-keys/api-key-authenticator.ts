import { Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import { MessageSignatures } from '../binding/message-signatures.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import type { Standing } from '../credentials/standing-proofs.js';
import { PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { identityNameOf } from '../identity/identity-name.js';
import { isWithin } from '../net/ip-address.js';
import type { RequestContext } from '../request/request-context.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { ApiKeyQuota } from './api-key-quota.js';
import { ADDRESS_NOT_ALLOWED, INVALID_API_KEY } from './api-key-refusals.js';
import { ApiKeyUsage } from './api-key-usage.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import type { ProvenApiKey } from './proven-api-key.js';

/** Decides whether a request may use a key, in whichever header it came. */
@Injectable()
export class ApiKeyAuthenticator {
  constructor(
    private readonly verifier: ApiKeyVerifier,
    private readonly revocations: RevocationService,
    private readonly signatures: MessageSignatures,
    private readonly quota: ApiKeyQuota,
    private readonly usage: ApiKeyUsage,
  ) {}

  /**
   * The identity that a key proves. Steps in their order; each passes on, or throws.
   *
   * @param kind how the key was sent
   */
  identify(context: RequestContext, key: string, kind: string): MaybePromise<Identity> {
    const proven = this.verifier.verify(key, kind);
    return proven instanceof Promise
      ? proven.then((later) => this.#admit(context, later, kind))
      : this.#admit(context, proven, kind);
  }

  /** Of a key that was proven just now. What a request spends, or has to sign, is looked at each time. */
  standing(key: string): Standing | undefined {
    const recall = this.verifier.recall(key);
    const known = recall?.();
    if (recall === undefined || known === undefined) return undefined;
    if (known.rateLimit !== null || known.signatureKey !== undefined) return undefined;
    return { holds: (context) => this.#useAgain(context, recall()) };
  }

  #useAgain(context: RequestContext, proven: ProvenApiKey | undefined): boolean {
    if (proven === undefined || !isAllowedFrom(proven, context) || this.#isUserRevoked(proven)) return false;
    this.#use(context, proven);
    return true;
  }

  #admit(context: RequestContext, proven: ProvenApiKey, kind: string): MaybePromise<Identity> {
    refuseElsewhere(proven, context);
    this.#refuseRevokedUser(proven, kind);
    const signed = this.#demandSignature(context, proven, kind);
    return signed instanceof Promise
      ? signed.then(() => this.#spendAndUse(context, proven))
      : this.#spendAndUse(context, proven);
  }

  /** Before anything is counted: whoever has only copied the key must not use up what its owner may. */
  #demandSignature(
    context: RequestContext,
    { keyId, signatureKey }: ProvenApiKey,
    kind: string,
  ): MaybePromise<void> {
    if (signatureKey === undefined) return;
    const header = kind === BEARER_KIND ? 'authorization' : this.verifier.header.toLowerCase();
    return this.signatures.demandFor({ id: keyId, key: signatureKey, header, scheme: kind }, context);
  }

  #spendAndUse(context: RequestContext, proven: ProvenApiKey): MaybePromise<Identity> {
    const spent = this.#spend(context, proven);
    return spent instanceof Promise
      ? spent.then(() => this.#use(context, proven))
      : this.#use(context, proven);
  }

  #use(context: RequestContext, { keyId, identity }: ProvenApiKey): Identity {
    this.usage.note(keyId, context.address.text);
    return identity;
  }

  /** A user's personal tokens end with the user's other tokens. */
  #refuseRevokedUser(proven: ProvenApiKey, kind: string): void {
    if (!this.#isUserRevoked(proven)) return;
    const { identity, keyId } = proven;
    const refused = kind === BEARER_KIND ? INVALID_TOKEN : INVALID_API_KEY;
    throw new PortcullisError(refused, `its user was revoked (${keyId})`, {
      challenge: [kind],
      keyId,
      caller: () => identityNameOf(identity),
    });
  }

  #isUserRevoked({ identity }: ProvenApiKey): boolean {
    return identity.kind === 'user' && this.revocations.isUserRevoked(identity);
  }

  #spend(context: RequestContext, proven: ProvenApiKey): MaybePromise<void> {
    const { rateLimit } = proven;
    if (rateLimit === null) return;
    return this.quota.spend(context, proven, rateLimit);
  }
}

function isAllowedFrom({ networks }: ProvenApiKey, { address }: RequestContext): boolean {
  return networks === undefined || networks.some((network) => isWithin(address, network));
}

function refuseElsewhere(proven: ProvenApiKey, context: RequestContext): void {
  if (isAllowedFrom(proven, context)) return;
  const { keyId, identity } = proven;
  const { address } = context;
  throw new PortcullisError(ADDRESS_NOT_ALLOWED, `key ${keyId} may not be used from ${address.text}`, {
    keyId,
    caller: () => identityNameOf(identity),
  });
}
