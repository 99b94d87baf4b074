import { Inject, Injectable } from '@nestjs/common';
import {
  type CookieResponse,
  type FrameworkRequest,
  MemoryReplaySet,
  type ReplaySet,
  TokenIssuer,
} from '@portcullis/auth';
import {
  addCookie,
  available,
  BINDING_SETTINGS,
  type BindingSettings,
  cookieIn,
  derivedKeys,
  Sealer,
} from '@portcullis/auth/internal';
import { Upstreams } from './upstreams.js';

/** What every sealed cookie says of itself, so that it passes for no other. */
export interface SealedContent {
  readonly use: string;
  /** This app. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/** How far apart the clocks of two instances may be, in seconds. */
const MARGIN_SECONDS = 5;

/** Whose pages may have it sent: see SameSite in RFC 6265bis. */
export type SameSite = 'Strict' | 'Lax' | 'None';

/** What the browser keeps for us between two requests: nobody else can read it, make it, or set it for this host. */
@Injectable()
export class SealedCookies {
  readonly #sealer: Sealer<SealedContent>;
  readonly #replays: ReplaySet;

  constructor(
    @Inject(BINDING_SETTINGS) private readonly settings: BindingSettings,
    private readonly upstreams: Upstreams,
    private readonly issuer: TokenIssuer,
  ) {
    const { binding, tokens, storage } = settings;
    const secrets = tokens?.issuer?.keyEncryptionKeys ?? storage?.keyEncryptionKeys;
    this.#sealer = new Sealer(derivedKeys(secrets, 'portcullis single sign-on'));
    this.#replays = binding.replays ?? new MemoryReplaySet();
  }

  /** @param name without a prefix */
  async keep(
    response: CookieResponse,
    name: string,
    content: SealedContent,
    sameSite: SameSite,
  ): Promise<void> {
    const seconds = Math.ceil((content.endsAt - this.settings.now()) / 1000);
    addCookie(response, this.#cookie(name, await this.#sealer.seal(content), seconds, sameSite));
  }

  clear(response: CookieResponse, name: string, sameSite: SameSite): void {
    addCookie(response, this.#cookie(name, '', 0, sameSite));
  }

  /**
   * What is in a cookie of ours. Nothing is changed.
   *
   * @returns undefined where there is none, or it is over, or another one
   */
  async read<Content extends SealedContent>(
    request: FrameworkRequest,
    name: string,
    use: Content['use'],
  ): Promise<Content | undefined> {
    const sealed = cookieIn(request, this.#nameOf(name, this.#isSecure));
    const opened = sealed ? await this.#sealer.open(sealed) : undefined;
    const content = opened?.content;
    if (content?.use !== use || content.issuer !== this.issuer.url) return undefined;
    return content.endsAt > this.settings.now() ? (content as Content) : undefined;
  }

  /**
   * Uses something up. Of all who come with it at the same time exactly one is the first.
   *
   * @param id no other thing has it
   * @param endsAt until when it would be accepted, in milliseconds since the epoch
   * @throws PortcullisError `temporarily_unavailable` when that can't be said
   */
  isFirstUse(id: string, endsAt: number): Promise<boolean> {
    const seconds = Math.max((endsAt - this.settings.now()) / 1000, 0) + MARGIN_SECONDS;
    const using = this.#replays.firstUse(`single sign-on ${id}`, seconds);
    return available(using, 'whether a login was used before can not be said');
  }

  #cookie(name: string, value: string, seconds: number, sameSite: SameSite): string {
    // What other sites may have sent has to be secure, as browsers have it.
    const isSecure = this.#isSecure || sameSite === 'None';
    const attributes = `Path=/; HttpOnly${isSecure ? '; Secure' : ''}; SameSite=${sameSite}`;
    return `${this.#nameOf(name, this.#isSecure)}=${value}; Max-Age=${seconds}; ${attributes}`;
  }

  /** With the prefix no other host can set it, nor can whoever is between the browser and this one. */
  #nameOf(name: string, isSecure: boolean): string {
    return isSecure ? `__Host-${name}` : name;
  }

  get #isSecure(): boolean {
    return this.upstreams.publicUrl.startsWith('https:');
  }
}
