import { InputError } from '@portcullis/auth';
import type { OAuthArtifactFound, OAuthArtifacts } from '@portcullis/auth/internal';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { ProviderLibrary } from './provider-library.js';

/** What our models keep besides what the provider does. */
export interface OurPayload extends AdapterPayload {
  /** `sid` of the login at the app. */
  login?: string;
}

/** How long whoever comes with a code as well is late, and no thief yet; in milliseconds. */
const CODE_GRACE_MS = 2_000;

/** What the adapters of all models share. */
export interface AdapterParts {
  readonly artifacts: OAuthArtifacts;
  readonly errors: ProviderLibrary['errors'];
  readonly now: () => number;
  readonly refreshGraceSeconds: number;
  /** To be called where what was asked for has just been used by somebody else. */
  readonly noteLate: () => void;
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
    const names = {
      grantId: this.model === 'Grant' ? id : payload.grantId,
      uid: this.model === 'Session' ? payload.uid : undefined,
      userCode: payload.userCode,
      clientId: payload.clientId ?? clientIn(payload.params),
      subject: payload.accountId,
      sessionId: this.#endsWithLogin(payload) ? payload.login : undefined,
    };
    const isKept = await artifacts.save(this.model, id, payload, names, now() + expiresIn * 1000);
    if (!isKept) throw new errors.InvalidGrant(`the ${this.model} has ended`);
  }

  async find(id: string): Promise<OurPayload | undefined> {
    return this.#read(await this.parts.artifacts.find(this.model, id));
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

  get #graceMs(): number {
    return this.model === 'RefreshToken' ? this.parts.refreshGraceSeconds * 1000 : CODE_GRACE_MS;
  }

  #read(found: OAuthArtifactFound | undefined): OurPayload | undefined {
    if (found === undefined) return undefined;
    const { payload, consumedAt } = found;
    if (consumedAt === null) return payload as OurPayload;
    // Whoever loses a race sees it used. That alone is no theft, for which the whole grant would end.
    if (this.parts.now() - consumedAt < this.#graceMs) {
      this.parts.noteLate();
      return undefined;
    }
    return { ...payload, consumed: Math.floor(consumedAt / 1000) } as OurPayload;
  }
}

function clientIn(params: OurPayload['params']): string | undefined {
  const clientId = params?.client_id;
  if (clientId !== undefined && typeof clientId !== 'string') throw new InputError('client_id is no text');
  return clientId;
}
