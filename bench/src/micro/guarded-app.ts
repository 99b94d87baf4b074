import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ApiKeyService,
  type ApiKeyStore,
  KeyRing,
  MemoryApiKeyStore,
  PortcullisModule,
  RequireApp,
  RequireUser,
  TokenIssuer,
} from '@portcullis/auth';
import type { JWK } from 'jose';
import { AUDIENCE, SCOPES } from '../credentials/claims.js';
import { controllersWith, rootModule } from '../subjects/routes.js';

export type SigningAlgorithm = 'ES256' | 'EdDSA' | 'RS256';

export interface GuardedAppOptions {
  readonly algorithm?: SigningAlgorithm;
  /** How many tokens and how many keys are remembered. By default as many as by default. */
  readonly remembered?: number;
  readonly apiKeys?: ApiKeyStore;
}

/** An app under guard without a server, which issues its own credentials. */
export class GuardedApp {
  private constructor(
    readonly app: INestApplicationContext,
    private readonly controllers: Readonly<Record<'user' | 'app' | 'both', Type>>,
  ) {}

  static async start({
    algorithm = 'ES256',
    remembered = 10_000,
    apiKeys = new MemoryApiKeyStore(),
  }: GuardedAppOptions = {}): Promise<GuardedApp> {
    const controllers = {
      user: oneRoute(RequireUser()),
      app: oneRoute(RequireApp()),
      both: oneRoute(RequireApp(...SCOPES), RequireUser(...SCOPES)),
    };
    const issuer = { url: 'https://issuer.example', signingKey: newSigningKey(algorithm) };
    const portcullis = PortcullisModule.forRoot({
      tokens: { audience: AUDIENCE, issuer, cacheSize: remembered },
      apiKeys: { cacheSize: remembered },
      stores: { apiKeys },
    });
    const module = rootModule({ imports: [portcullis], controllers: Object.values(controllers) });
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    return new GuardedApp(app, controllers);
  }

  /** What its tokens are verified by. */
  get publicKey(): KeyObject {
    const [publicJwk] = this.app.get(KeyRing).published.keys;
    return createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' });
  }

  async tokens(count: number): Promise<string[]> {
    const issuer = this.app.get(TokenIssuer);
    const tokens: string[] = [];
    while (tokens.length < count) {
      const { accessToken } = await issuer.issue({ subject: 'ada', clientId: 'parcel-web', scopes: SCOPES });
      tokens.push(accessToken);
    }
    return tokens;
  }

  async apiKeys(count: number): Promise<string[]> {
    const service = this.app.get(ApiKeyService);
    const keys: string[] = [];
    while (keys.length < count) {
      keys.push((await service.create({ appId: 'depot', name: 'North', scopes: SCOPES })).key);
    }
    return keys;
  }

  /** A request, fresh for each call, and with it everything that a guard may ask for. */
  context(demand: 'user' | 'app' | 'both', { token, apiKey }: SentCredentials): ExecutionContext {
    const headers: Record<string, string> = { host: 'localhost' };
    const rawHeaders = ['Host', 'localhost'];
    if (token !== undefined) {
      headers.authorization = `Bearer ${token}`;
      rawHeaders.push('Authorization', headers.authorization);
    }
    if (apiKey !== undefined) {
      headers['x-api-key'] = apiKey;
      rawHeaders.push('X-API-Key', apiKey);
    }
    const socket = { remoteAddress: '127.0.0.1' };
    const head = { method: 'GET', url: '/', headers, rawHeaders, socket, on() {} };
    const request = head as unknown as IncomingMessage;
    return contextOf(this.controllers[demand], request);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

interface SentCredentials {
  readonly token?: string | undefined;
  readonly apiKey?: string | undefined;
}

function contextOf(controller: Type, request: IncomingMessage): ExecutionContext {
  const response = {
    on() {},
    writeHead() {},
    getHeader() {},
    setHeader() {},
    headersSent: false,
  } as unknown as ServerResponse;
  return {
    getType: () => 'http',
    getClass: () => controller,
    getHandler: () => controller.prototype.read0,
    getArgByIndex: (index: number) => [request, response][index],
  } as unknown as ExecutionContext;
}

function oneRoute(...decorators: ClassDecorator[]): Type {
  return controllersWith(1, decorators)[0] as Type;
}

function newSigningKey(algorithm: SigningAlgorithm): JWK {
  const { privateKey } = {
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
    EdDSA: () => generateKeyPairSync('ed25519'),
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  }[algorithm]();
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), alg: algorithm };
}
