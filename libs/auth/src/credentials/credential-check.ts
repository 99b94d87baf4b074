import { Inject, Injectable } from '@nestjs/common';
import { atOnce, type MaybePromise } from '../async/maybe-promise.js';
import { INVALID_REQUEST, PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { AppIdentity, type Identity, UserIdentity } from '../identity/identity.js';
import { Log } from '../log.js';
import { Replicator } from '../replication/replicator.js';
import type { RequestContext } from '../request/request-context.js';
import { CREDENTIAL_LEAKED, type Leak } from './credential-events.js';
import { TLS_REQUIRED } from './credential-refusals.js';
import type { CredentialScheme } from './credential-scheme.js';
import { CredentialSchemes } from './credential-schemes.js';
import { CREDENTIAL_SETTINGS, type CredentialSettings } from './credential-settings.js';
import { StandingProofs } from './standing-proofs.js';

/** What the credentials of one request have proven so far, and by which schemes. */
class Proofs {
  #app: Identity | undefined;
  #appSentAs = '';
  #user: Identity | undefined;
  #userSentAs = '';

  /** @throws PortcullisError where two apps would leave open who is calling, two users for whom */
  add(identity: Identity, kind: string): void {
    demandIdentity(identity, kind);
    if (identity.kind === 'app') {
      if (this.#app !== undefined) throw twoOfAKind(identity, this.#appSentAs, kind);
      this.#app = identity;
      this.#appSentAs = kind;
    } else {
      if (this.#user !== undefined) throw twoOfAKind(identity, this.#userSentAs, kind);
      this.#user = identity;
      this.#userSentAs = kind;
    }
  }

  get first(): Identity | undefined {
    return this.#user ?? this.#app;
  }

  holdIn(request: RequestContext): void {
    if (this.#app !== undefined) request.hold(this.#app, this.#appSentAs);
    if (this.#user !== undefined) request.hold(this.#user, this.#userSentAs);
  }
}

/** What a scheme returns by mistake must never pass for somebody. */
function demandIdentity(value: unknown, kind: string): void {
  if (value instanceof AppIdentity || value instanceof UserIdentity) return;
  throw new TypeError(`The credential scheme ${JSON.stringify(kind)} proved no identity`);
}

function twoOfAKind(identity: Identity, ...challenge: [string, string]): PortcullisError {
  const reason = `${challenge.join(' and ')} name a(n) ${identity.kind} each`;
  return new PortcullisError(INVALID_REQUEST, reason, { challenge });
}

/**
 * Proves the credentials of a request, whatever their schemes, and does for all of them what none may forget: each header comes
 * once, nothing is believed that came in clear text, nothing is vouched for by an instance that is cut off from the others, and
 * no request names two apps or two users.
 */
@Injectable()
export class CredentialCheck {
  readonly #logger = new Log();
  readonly #standing: StandingProofs;
  #hasExplainedTls = false;
  /** What was proven before any guard had asked, by kind; undefined in an app that does so nowhere. */
  #ahead: WeakMap<RequestContext, Map<string, Identity>> | undefined;

  constructor(
    @Inject(CREDENTIAL_SETTINGS) private readonly settings: CredentialSettings,
    private readonly schemes: CredentialSchemes,
    private readonly replicator: Replicator,
    private readonly events: SecurityEvents,
  ) {
    this.#standing = new StandingProofs(schemes);
  }

  /**
   * Proves every credential of the request, once, however many guards ask; the request holds what they prove.
   *
   * @returns a promise only where something has to be looked up
   * @throws PortcullisError when one of them proves nobody
   */
  identify(request: RequestContext): MaybePromise<void> {
    if (request.isIdentified || this.#tellAgain(request)) return;
    const identified = this.#identifyFrom(0, request, undefined);
    if (identified === undefined) this.#standing.keep(request);
    return identified;
  }

  /**
   * Proves every credential of a request that no guard has seen yet. Each is proven once all the same, and the request holds none of them
   * before {@link identify}: whether its handler looks at credentials is not known.
   *
   * @returns the user, or else the app
   * @throws PortcullisError when one of them proves nobody
   */
  async proveAhead(request: RequestContext): Promise<Identity | undefined> {
    const [proofs, ahead] = [new Proofs(), new Map<string, Identity>()];
    this.#ahead ??= new WeakMap();
    this.#ahead.set(request, ahead);
    for (const scheme of this.schemes.all) {
      const proving = this.#prove(scheme, request);
      if (proving === undefined) continue;
      const identity = await proving;
      proofs.add(identity, scheme.kind);
      ahead.set(scheme.kind, identity);
    }
    return proofs.first;
  }

  /**
   * Proves the credential of one scheme, if the request has one; the request holds it if it is of the wanted kind.
   *
   * @throws PortcullisError when it proves nobody
   */
  async identifyBy(
    scheme: CredentialScheme,
    request: RequestContext,
    wanted: Identity['kind'],
  ): Promise<Identity | undefined> {
    const proving = this.#prove(scheme, request);
    if (proving === undefined) return undefined;
    const identity = await proving;
    demandIdentity(identity, scheme.kind);
    if (identity.kind === wanted) request.hold(identity, scheme.kind);
    return identity;
  }

  /** Reports that a credential came where others could read it. A real one is named, so that it can be replaced. */
  async reportLeak<Presented>(
    leak: Leak,
    scheme: CredentialScheme<Presented>,
    presented: Presented,
    request: RequestContext,
  ): Promise<string | undefined> {
    const id = await nameOf(scheme, presented);
    this.events.emit(CREDENTIAL_LEAKED, {
      leak,
      request: request.facts,
      credential: scheme.kind,
      ...(id !== undefined && { id }),
    });
    return id;
  }

  /** @returns whether all was told that the request's credentials prove, because they have just proven it */
  #tellAgain(request: RequestContext): boolean {
    if ((this.settings.requireTls && !request.isSecure) || this.replicator.isRefusing) return false;
    const proofs = this.#standing.of(request);
    if (proofs === undefined) return false;
    for (const { identity, kind } of proofs) request.hold(identity, kind);
    this.#finish(request);
    return true;
  }

  #finish(request: RequestContext): void {
    if (this.settings.userProperty !== null) request.exposeUser(this.settings.userProperty);
    request.finishIdentification();
  }

  /** A loop, without closures while nothing has to be looked up: it is walked for each request. */
  #identifyFrom(first: number, request: RequestContext, before: Proofs | undefined): MaybePromise<void> {
    let proofs = before;
    for (let index = first; index < this.schemes.all.length; index++) {
      const scheme = this.schemes.all[index] as CredentialScheme;
      const proven = this.#prove(scheme, request);
      if (proven === undefined) continue;
      proofs ??= new Proofs();
      if (proven instanceof Promise) return this.#identifyOn(index, proven, request, proofs);
      proofs.add(proven, scheme.kind);
    }
    proofs?.holdIn(request);
    this.#finish(request);
  }

  async #identifyOn(
    index: number,
    proving: Promise<Identity>,
    request: RequestContext,
    proofs: Proofs,
  ): Promise<void> {
    proofs.add(await proving, (this.schemes.all[index] as CredentialScheme).kind);
    await this.#identifyFrom(index + 1, request, proofs);
  }

  #prove(scheme: CredentialScheme, request: RequestContext): MaybePromise<Identity> | undefined {
    const known = request.provenBy(scheme.kind) ?? this.#ahead?.get(request)?.get(scheme.kind);
    if (known !== undefined) return known;
    for (const name of scheme.headers) refuseRepeated(name, scheme, request);
    const presented = atOnce(scheme.present(request), 'what a credential scheme presents');
    if (presented === undefined) return undefined;
    if (this.settings.requireTls && !request.isSecure)
      return this.#refuseClearText(scheme, presented, request);
    this.replicator.refuseIfStale();
    try {
      const proven = scheme.prove(presented, request);
      // Nothing at all would pass for no credential.
      if (proven === undefined) demandIdentity(proven, scheme.kind);
      return proven instanceof Promise ? proven.catch((error) => refuseBy(scheme, error)) : proven;
    } catch (error) {
      return refuseBy(scheme, error);
    }
  }

  /** Good or bad, everybody on the way may have read it. An invented one only counts. */
  async #refuseClearText(
    scheme: CredentialScheme,
    presented: unknown,
    request: RequestContext,
  ): Promise<never> {
    const { kind } = scheme;
    this.#explainTls(request);
    const id = await this.reportLeak('clear-text', scheme, presented, request);
    throw new PortcullisError(TLS_REQUIRED, `${kind} ${id ?? '(not a valid one)'} came in clear text`, {
      challenge: [kind],
    });
  }

  /** Behind a proxy that nobody has named everything seems to come in clear text: whoever runs the app has to learn why. */
  #explainTls({ peer, isFromProxy }: RequestContext): void {
    if (this.#hasExplainedTls) return;
    this.#hasExplainedTls = true;
    const remedy = isFromProxy
      ? 'It is in trustedProxies, and has to send X-Forwarded-Proto where its client came by https'
      : `If that is a proxy of yours that ends TLS, add ${JSON.stringify(peer)} to trustedProxies, and have it send X-Forwarded-Proto`;
    this.#logger.warn(
      `A credential from ${peer} was refused, because it came in clear text (requireTls). ${remedy}; where there is no TLS at all, ` +
        'requireTls can be false.',
    );
  }
}

async function nameOf<Presented>(
  scheme: CredentialScheme<Presented>,
  presented: Presented,
): Promise<string | undefined> {
  try {
    return await scheme.nameOf(presented);
  } catch {
    return undefined;
  }
}

/** Node keeps the first of two `Authorization` headers and joins others: only the raw list shows it. */
function refuseRepeated(name: string, { kind }: CredentialScheme, request: RequestContext): void {
  const times = request.timesSent(name);
  if (times < 2) return;
  throw new PortcullisError(INVALID_REQUEST, `the header ${name} was sent ${times} times`, {
    challenge: [kind],
  });
}

/** Whoever is refused for a credential is told how to send a good one, also where its scheme does not say so. */
function refuseBy({ kind }: CredentialScheme, error: unknown): never {
  if (error instanceof PortcullisError && error.getStatus() === 401) error.challengeFor(kind);
  throw error;
}
