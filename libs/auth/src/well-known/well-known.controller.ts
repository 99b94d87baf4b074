import { Controller, Get, Inject, NotFoundException, UseInterceptors } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { Public } from '../access/access.decorator.js';
import { AccessRules } from '../access/access-rules.js';
import { CacheableInterceptor } from '../routes/cacheable.interceptor.js';
import { KeyRing } from '../tokens/key-ring.js';
import { resourceOf } from '../tokens/protected-resource.js';
import { WELL_KNOWN_SETTINGS, type WellKnownSettings } from './well-known-settings.js';

/** The fields of RFC 8414 section 2 that apply to an issuer without endpoints. */
interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly response_types_supported: readonly string[];
  readonly grant_types_supported: readonly string[];
}

/** RFC 9728 section 2. */
interface ProtectedResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly scopes_supported: readonly string[];
}

/**
 * What others need to verify our tokens, and clients to get some. The path of an issuer or a resource comes after the name
 * (RFC 8414 section 3.1, RFC 9728 section 3.1); the answer says whom it is for, so any path may ask.
 */
@Public()
@UseInterceptors(CacheableInterceptor)
@Controller('.well-known')
export class WellKnownController {
  constructor(
    @Inject(WELL_KNOWN_SETTINGS) private readonly options: WellKnownSettings,
    private readonly keyRing: KeyRing,
    private readonly rules: AccessRules,
  ) {}

  /** The public keys of this app's own tokens (RFC 7517 section 5). */
  @Get('jwks.json')
  keys(): JSONWebKeySet {
    if (this.keyRing.signingKey === undefined) throw new NotFoundException();
    return this.keyRing.published;
  }

  /** This app as an authorization server (RFC 8414). */
  @Get(withPath('oauth-authorization-server'))
  authorizationServer(): AuthorizationServerMetadata {
    const issuer = this.options.tokens?.issuer?.url;
    if (issuer === undefined) throw new NotFoundException();
    return {
      issuer,
      jwks_uri: `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: [],
    };
  }

  /** This app as a resource: whose tokens it takes, and with which scopes (RFC 9728). */
  @Get(withPath('oauth-protected-resource'))
  protectedResource(): ProtectedResourceMetadata {
    const { tokens } = this.options;
    const resource = tokens && resourceOf(tokens);
    if (tokens === undefined || resource === undefined) throw new NotFoundException();
    const own = tokens.issuer === undefined ? [] : [tokens.issuer.url];
    return {
      resource,
      authorization_servers: [...own, ...tokens.trustedIssuers.map(({ issuer }) => issuer)],
      bearer_methods_supported: ['header'],
      scopes_supported: this.rules.userScopes,
    };
  }
}

/** With up to two segments: Express and Fastify write a wildcard in ways that exclude each other. */
function withPath(name: string): string[] {
  return [name, `${name}/:first`, `${name}/:first/:second`];
}
