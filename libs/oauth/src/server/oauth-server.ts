import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import {
  INVALID_REQUEST,
  KeyRing,
  PortcullisError,
  type RequestContext,
  TokenIssuer,
} from '@portcullis/auth';
import {
  BINDING_SETTINGS,
  type BindingSettings,
  FurtherDocuments,
  type MountedServer,
  MountedServers,
} from '@portcullis/auth/internal';
import { ClientRegistration } from './client-registration.js';
import { CurrentProvider } from './current-provider.js';
import { PostedQuestions } from './posted-questions.js';
import { interactionIn, ServerInteractions } from './server-interactions.js';
import { serverMetadata } from './server-metadata.js';
import { basePathOf, handlerAt, ROUTES } from './server-paths.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';

/** The authorization server, which answers under the path of the issuer, ahead of the framework. */
@Injectable()
export class OAuthServer implements MountedServer, OnModuleInit {
  readonly #base: string;

  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(BINDING_SETTINGS) private readonly binding: BindingSettings,
    private readonly issuer: TokenIssuer,
    private readonly keyRing: KeyRing,
    private readonly provider: CurrentProvider,
    private readonly interactions: ServerInteractions,
    private readonly registration: ClientRegistration,
    private readonly posted: PostedQuestions,
    private readonly mounted: MountedServers,
    private readonly documents: FurtherDocuments,
  ) {
    this.#base = basePathOf(issuer.url);
  }

  async onModuleInit(): Promise<void> {
    await this.provider.load();
    const { algorithms } = this.binding.binding;
    this.documents.describeServer(
      serverMetadata(this.issuer.url, this.settings, this.keyRing.algorithms, algorithms),
    );
    this.mounted.mount(this);
  }

  handlerAt(path: string): string | undefined {
    if (!path.startsWith(this.#base)) return undefined;
    const handler = handlerAt(path.slice(this.#base.length));
    const isOff = handler === 'OAuthServer.registration' && this.settings.registration === undefined;
    return isOff ? undefined : handler;
  }

  async answer(request: RequestContext, raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const provider = this.provider.get();
    demandNoSecretInUrl(request);
    demandAuthorizationOnce(request);
    const path = request.path.slice(this.#base.length);
    if (this.registration.answersAt(path)) return this.registration.answer(path, request, raw, response);
    if (this.posted.answersAt(path, raw)) return this.posted.answer(this.#base + path, raw, response);
    const interaction = interactionIn(path);
    if (interaction !== undefined)
      return this.interactions.answer(provider, interaction, request, raw, response);
    if (this.#base !== '') {
      // By what stands before, the provider knows where it is mounted.
      Object.assign(raw, { originalUrl: raw.url, url: raw.url?.slice(this.#base.length) });
    }
    announceBody(raw);
    const prefilled = prefilledDevicePage(raw);
    if (prefilled !== undefined) {
      response.writeHead(303, { Location: this.#base + prefilled, 'Cache-Control': 'no-store' }).end();
      return;
    }
    await provider.callback()(raw, response);
  }
}

/**
 * RFC 6749 section 2.3.1. One that looks like ours does not come as far as this; those of configured clients look like anything.
 *
 * @throws PortcullisError `invalid_request`
 */
function demandNoSecretInUrl(request: RequestContext): void {
  if (request.hasInQuery('client_secret'))
    throw new PortcullisError(INVALID_REQUEST, 'a secret of a client was sent in the URL');
}

/**
 * Of two, Node keeps the first, and a proxy in front may have looked at the other.
 *
 * @throws PortcullisError `invalid_request`
 */
function demandAuthorizationOnce(request: RequestContext): void {
  if (request.timesSent('authorization') > 1)
    throw new PortcullisError(INVALID_REQUEST, 'the header authorization was sent twice');
}

/** A body needs no header of its own in HTTP/2. The provider looks for one before it reads any. */
function announceBody({ httpVersionMajor, headers, readableEnded }: IncomingMessage): void {
  const isAnnounced = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  if (httpVersionMajor === 2 && !isAnnounced && !readableEnded) headers['transfer-encoding'] = 'chunked';
}

/**
 * Where the link of a device leads: to the page that asks for its code, with the code in it. The provider would send the form by itself, by
 * a script.
 */
function prefilledDevicePage({ method, url = '' }: IncomingMessage): string | undefined {
  const { pathname, searchParams } = new URL(url, 'http://server');
  const code = searchParams.get('user_code');
  if (method !== 'GET' || pathname !== ROUTES.code_verification || code === null) return undefined;
  return `${ROUTES.code_verification}?code=${encodeURIComponent(code)}`;
}
