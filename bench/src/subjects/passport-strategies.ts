import { hash } from 'node:crypto';
import { Injectable, type Provider } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { AUDIENCE, ISSUER, SCOPES } from '../credentials/claims.js';
import type { ServerPlan } from './subject.js';

interface TokenClaims {
  readonly sub: string;
  readonly scope: string;
}

/** The strategy of Nest's documentation, with issuer, audience and algorithm as well. */
export function jwtStrategy({ algorithm, publicKeys }: ServerPlan): Provider {
  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: publicKeys[algorithm],
        algorithms: [algorithm as 'ES256'],
        issuer: ISSUER,
        audience: AUDIENCE,
      });
    }

    validate({ sub, scope }: TokenClaims) {
      return { subject: sub, scopes: scope.split(' ') };
    }
  }
  return JwtStrategy;
}

/** Keys are kept hashed, as with us, in a map. */
export class HashedKeys {
  readonly #appByHash = new Map<string, { appId: string; scopes: string[] }>();

  add(key: string): void {
    this.#appByHash.set(hash('sha256', key, 'base64url'), { appId: 'depot', scopes: SCOPES });
  }

  find(key: string): { appId: string; scopes: string[] } | undefined {
    return this.#appByHash.get(hash('sha256', key, 'base64url'));
  }
}

/** The strategy of the package's documentation; it asks a map where an app would ask its database. */
export function apiKeyStrategy(keys: HashedKeys): Provider {
  @Injectable()
  class ApiKeyStrategy extends PassportStrategy(HeaderAPIKeyStrategy, 'headerapikey') {
    constructor() {
      super({ header: 'X-API-Key', prefix: '' }, false);
    }

    validate(key: string) {
      return keys.find(key) ?? false;
    }
  }
  return ApiKeyStrategy;
}
