import { Inject, Injectable } from '@nestjs/common';
import { TokenIssuer } from '@portcullis/auth';
import { BINDING_SETTINGS, type BindingSettings } from '@portcullis/auth/internal';
import { isOpenId, type LoginProvider, usesFormPost } from './login-provider.js';
import { LOGIN_SETTINGS, type LoginSettings } from './login-settings.js';
import { OAuthConnection } from './oauth-connection.js';
import { OpenIdConnection } from './openid-connection.js';
import type { UpstreamConnection } from './upstream-connection.js';

/** How far the clocks of others may be off, in seconds. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** Another issuer, as this app has it configured. */
export interface Upstream {
  readonly name: string;
  readonly provider: LoginProvider;
  readonly connection: UpstreamConnection;
  /** Where its answers come back; it has one of its own, so that no other's answer passes for one of its. */
  readonly redirectUri: string;
  readonly usesFormPost: boolean;
  /** The same where it speaks OpenID Connect. */
  readonly openId: OpenIdConnection | undefined;
}

/** The other issuers, by their names. */
@Injectable()
export class Upstreams {
  readonly #upstreams = new Map<string, Upstream>();

  constructor(
    @Inject(LOGIN_SETTINGS) private readonly settings: LoginSettings,
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly issuer: TokenIssuer,
  ) {}

  get names(): readonly string[] {
    return Object.keys(this.settings.providers);
  }

  /** The URL under which browsers reach this app, without a slash at its end. */
  get publicUrl(): string {
    return (this.settings.publicUrl ?? this.issuer.url).replace(/\/$/, '');
  }

  /** @param path of this app */
  publicUrlOf(path: string): string {
    return new URL(this.publicUrl).origin + path;
  }

  /** @returns undefined for one that is not configured */
  find(name: string): Upstream | undefined {
    const known = this.#upstreams.get(name);
    if (known !== undefined || !Object.hasOwn(this.settings.providers, name)) return known;
    const upstream = this.#connect(name, this.settings.providers[name] as LoginProvider);
    this.#upstreams.set(name, upstream);
    return upstream;
  }

  #connect(name: string, provider: LoginProvider): Upstream {
    const redirectUri = `${this.publicUrl}/${this.settings.path}/${name}/callback`;
    const { now } = this.time;
    const settings = { name, redirectUri, clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS, now };
    const openId = isOpenId(provider) ? new OpenIdConnection(provider, settings) : undefined;
    const connection = isOpenId(provider) ? openId : new OAuthConnection(provider, settings);
    return {
      ...{ name, provider, redirectUri, openId, usesFormPost: usesFormPost(provider) },
      connection: connection as UpstreamConnection,
    };
  }
}
