import { InputError } from '@portcullis/auth';
import type { OAuthArtifactFound, OAuthArtifacts } from '@portcullis/auth/internal';
import type { Adapter, AdapterPayload, KoaContextWithOIDC } from 'oidc-provider';
import type { CodeUses } from './code-uses.js';
import type { ProviderLibrary } from './provider-library.js';

/** What our models keep besides what the provider does. */
export interface OurPayload extends AdapterPayload {
  /** `sid` of the login at the app. */
  login?: string;
}

/** What clients redeem: who comes with a used one ends what came of it. */
const CODES: readonly string[] = ['AuthorizationCode', 'DeviceCode'];
/** How long a used code is known, so that whoever comes with it is found out, in milliseconds. */
const KNOWN_FOR_MS = 3_600_000;
/** What anybody can have kept, who need not have proven anything. */
const BEGINNINGS: readonly string[] = ['Interaction', 'PushedAuthorizationRequest', 'DeviceCode'];
/** As JSON: so very many of them need little room. */
const LONGEST_BEGINNING = 8_192;

/** What the adapters of all models share. */
export interface AdapterParts {
  readonly artifacts: OAuthArtifacts;
  readonly errors: ProviderLibrary['errors'];
  readonly now: () => number;
  readonly refreshGraceSeconds: number;
  readonly interactionSeconds: number;
  readonly codeUses: CodeUses;
  /** The request that is being answered; undefined outside of one. */
  readonly context: () => KoaContextWithOIDC | undefined;
}

/**
 * How the provider keeps what it gives out. Its own way is to find, to look and to save: of three that redeem one code at the same time all
 * three would get tokens. Here what is used up is used up by one conditional update, and whoever comes second gets nothing.
 */
export class ArtifactAdapter implements Adapter {
  constructor(
    private readonly model: string,
    private readonly parts: AdapterParts,
  ) {}

  async upsert(id: string, payload: OurPayload, expiresIn: number): Promise<void> {
    const { artifacts, errors, now } = this.parts;
    if (BEGINNINGS.includes(this.model) && JSON.stringify(payload).length > LONGEST_BEGINNING)
      throw new errors.InvalidRequest('the request is too long');
    const names = {
      grantId: this.model === 'Grant' ? id : payload.grantId,
      uid: this.model === 'Session' ? payload.uid : undefined,
      userCode: payload.userCode,
      clientId: payload.clientId ?? clientIn(payload.params),
      subject: payload.accountId,
      sessionId: this.#endsWithLogin(payload) ? payload.login : undefined,
    };
    const end = now() + expiresIn * 1000 + this.#knownForMs;
    const isKept = await artifacts.save(this.model, id, payload, names, end);
    if (!isKept) throw new errors.InvalidGrant(`the ${this.model} has ended`);
  }

  async find(id: string): Promise<OurPayload | undefined> {
    return this.#read(await this.parts.artifacts.find(this.model, id), id);
  }

  async findByUid(uid: string): Promise<OurPayload | undefined> {
    return this.#read(await this.parts.artifacts.findByUid(this.model, uid));
  }

  async findByUserCode(userCode: string): Promise<OurPayload | undefined> {
    return this.#read(await this.parts.artifacts.findByUserCode(this.model, userCode));
  }

  async consume(id: string): Promise<void> {
    const { artifacts, errors } = this.parts;
    if (!(await artifacts.consume(this.model, id)))
      throw new errors.InvalidGrant(`the ${this.model} was used at the same time`);
    const context = this.parts.context();
    const until = this.parts.now() + KNOWN_FOR_MS;
    if (this.#isCode && context !== undefined) this.parts.codeUses.begin(id, context, until);
  }

  async destroy(id: string): Promise<void> {
    await this.parts.artifacts.end(this.model, id);
  }

  /** All that comes of a grant ends at once, where access tokens are asked to end. */
  async revokeByGrantId(): Promise<void> {}

  /** What was granted for good goes on without the browser. */
  #endsWithLogin({ expiresWithSession }: OurPayload): boolean {
    return this.model === 'Session' || expiresWithSession === true;
  }

  async #read(found: OAuthArtifactFound | undefined, id = ''): Promise<OurPayload | undefined> {
    if (found === undefined) return undefined;
    const { payload, consumedAt, expiresAt } = found;
    if (consumedAt === null)
      return this.parts.now() < expiresAt - this.#knownForMs
        ? (payload as OurPayload)
        : { ...payload, exp: 0 };
    // Whoever loses a race sees it used. That alone is no theft, for which the whole grant would end.
    if (await this.#isRace(consumedAt, id)) {
      Object.assign(this.parts.context()?.state ?? {}, { isLate: true });
      return undefined;
    }
    const used = { ...payload, consumed: Math.floor(consumedAt / 1000) };
    // The provider would say of one that is over nothing but that, and let its grant go on.
    return this.#isCode ? { ...used, exp: Number.MAX_SAFE_INTEGER } : used;
  }

  #isRace(consumedAt: number, id: string): boolean | Promise<boolean> {
    const { now, refreshGraceSeconds, codeUses, context } = this.parts;
    if (this.#isCode) return codeUses.isRace(id, consumedAt, context());
    return this.model === 'RefreshToken' && now() - consumedAt < refreshGraceSeconds * 1000;
  }

  /** For how long it is known after it could be begun with. */
  get #knownForMs(): number {
    if (this.model === 'AuthorizationCode') return KNOWN_FOR_MS;
    // It is used up when its user has logged in and agreed, who may take their time for each.
    return this.model === 'PushedAuthorizationRequest' ? 2 * this.parts.interactionSeconds * 1000 : 0;
  }

  get #isCode(): boolean {
    return CODES.includes(this.model);
  }
}

function clientIn(params: OurPayload['params']): string | undefined {
  const clientId = params?.client_id;
  if (clientId !== undefined && typeof clientId !== 'string') throw new InputError('client_id is no text');
  return clientId;
}
