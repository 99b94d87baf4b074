import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import {
  InputError,
  type OAuthClient,
  OAuthClients,
  PortcullisError,
  type RequestContext,
  SecurityEvents,
  TokenIssuer,
} from '@portcullis/auth';
import { OAUTH_SERVER_REFUSED } from '@portcullis/auth/internal';
import { type ClientMetadata, describedClient, metadataOf } from './client-metadata.js';
import { RegistrationAccess } from './registration-access.js';
import { jsonIn } from './request-bodies.js';
import { ROUTES } from './server-paths.js';
import {
  OAUTH_SERVER_SETTINGS,
  type OAuthRegistration,
  type OAuthServerSettings,
} from './server-settings.js';

/** Clients that register themselves, and change or remove what they have registered (RFC 7591, RFC 7592). */
@Injectable()
export class ClientRegistration {
  /** Those that register at the same time count one after the other. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    private readonly clients: OAuthClients,
    private readonly access: RegistrationAccess,
    private readonly issuer: TokenIssuer,
    private readonly events: SecurityEvents,
  ) {}

  /** @param path below the issuer. @returns whether it is one of registration, where that is on */
  answersAt(path: string): boolean {
    return (
      this.settings.registration !== undefined &&
      (path === ROUTES.registration || path.startsWith(`${ROUTES.registration}/`))
    );
  }

  /** @throws PortcullisError where it is refused by what any route of the app is */
  async answer(
    path: string,
    request: RequestContext,
    raw: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { registration } = this.settings;
    if (registration === undefined) throw new Error('Registration is off');
    const clientId = path.slice(ROUTES.registration.length + 1);
    try {
      if (clientId === '' && raw.method === 'POST')
        return await this.#register(registration, request, raw, response);
      if (clientId !== '' && ['GET', 'PUT', 'DELETE'].includes(raw.method ?? ''))
        return await this.#manage(clientId, registration, request, raw, response);
      answer(
        response,
        405,
        { error: 'invalid_request' },
        { Allow: clientId === '' ? 'POST' : 'GET, PUT, DELETE' },
      );
    } catch (error) {
      this.#explain(error, request, response);
    }
  }

  async #register(
    registration: OAuthRegistration,
    request: RequestContext,
    raw: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const actor = await this.access.demandInitial(request, registration);
    const metadata = await jsonIn(raw);
    const described = describedClient(metadata, 'An application', registration.scopes);
    const { address, requestId } = request;
    const who = { ...(actor !== undefined && { actor }), address: address.text, requestId };
    const { secret, ...client } = await this.#inTurn(async () => {
      await this.#demandRoom(registration.maxClients);
      return this.clients.create({ ...described, ...who, grantable: registration.scopes });
    });
    answer(response, 201, {
      ...metadataOf(client),
      ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
      ...this.#managedBy(client, await this.access.issue(client.clientId)),
    });
  }

  async #manage(
    clientId: string,
    registration: OAuthRegistration,
    request: RequestContext,
    raw: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const token = await this.access.demandManagement(request, clientId);
    const client = await this.clients.findEnabled(clientId);
    // Whoever has deleted or disabled it has ended the token as well; this is the moment in between.
    if (client === undefined || !client.isRegistered)
      return answer(response, 401, { error: 'invalid_token' });
    const who = { actor: clientId, address: request.address.text, requestId: request.requestId };
    if (raw.method === 'DELETE') {
      await this.clients.delete(clientId, who);
      await this.access.end(token);
      response.writeHead(204, { 'Cache-Control': 'no-store' }).end();
      return;
    }
    const now =
      raw.method === 'PUT' ? await this.#change(client, await jsonIn(raw), registration, who) : client;
    answer(response, 200, { ...metadataOf(now), ...this.#managedBy(now, token) });
  }

  async #change(
    client: OAuthClient,
    metadata: ClientMetadata,
    { scopes }: OAuthRegistration,
    who: object,
  ): Promise<OAuthClient> {
    if (metadata.client_id !== client.clientId) throw new InputError('client_id must be that of the client');
    const {
      kind,
      authentication,
      isRegistered: _,
      ...changes
    } = describedClient(metadata, client.name, scopes);
    if (kind !== client.kind || authentication !== client.authentication)
      throw new InputError('what kind of client it is, and how it authenticates, stays as it is');
    const changed = await this.clients.change(client.clientId, changes, { ...who, grantable: scopes });
    if (changed === undefined) throw new InputError('the client is gone');
    return changed;
  }

  /** @throws InputError where there are too many already, whoever has registered them */
  async #demandRoom(most: number): Promise<void> {
    let count = 0;
    let cursor: string | undefined;
    do {
      const page = await this.clients.list({ limit: 1_000, ...(cursor !== undefined && { cursor }) });
      count += page.clients.filter(({ isRegistered }) => isRegistered).length;
      cursor = page.nextCursor;
    } while (cursor !== undefined && count < most);
    if (count >= most) throw new InputError('no more clients can be registered here');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#before.then(work);
    this.#before = done.catch(() => {});
    return done;
  }

  #managedBy({ clientId }: OAuthClient, token: string): object {
    return {
      registration_access_token: token,
      registration_client_uri: `${this.issuer.url.replace(/\/$/, '')}${ROUTES.registration}/${clientId}`,
    };
  }

  /** What is wrong with the description is told as RFC 7591 section 3.2.2 has it. */
  #explain(error: unknown, request: RequestContext, response: ServerResponse): void {
    const isInput = error instanceof InputError || (error instanceof PortcullisError && isOfInput(error));
    if (!isInput) throw error;
    const reason = error.message;
    const code = reason.startsWith('redirectUris') ? 'invalid_redirect_uri' : 'invalid_client_metadata';
    this.events.emit(OAUTH_SERVER_REFUSED, { request: request.facts, code, reason });
    answer(response, 400, { error: code, error_description: reason });
  }
}

function isOfInput({ code }: PortcullisError): boolean {
  return code === 'malformed_request' || code === 'ungrantable_scope';
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}
