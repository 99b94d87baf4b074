import { ApiKeyAuthenticator } from '../api-keys/api-key-authenticator.js';
import { INVALID_API_KEY } from '../api-keys/api-key-refusals.js';
import { ApiKeyScheme } from '../api-keys/api-key-scheme.js';
import { ApiKeyVerifier } from '../api-keys/api-key-verifier.js';
import { REFUSE_BANNED } from '../bans/ban-refusals.js';
import { BUILT_IN_EXTENSIONS } from '../composition/built-in-extensions.js';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { BearerScheme } from '../credentials/bearer-scheme.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import {
  CREDENTIALS_REQUIRED,
  INSUFFICIENT_SCOPE,
  PortcullisError,
  type Refusal,
  type RefusalCode,
  type RefusalDetails,
} from '../errors.js';
import type { CertificateCheck } from '../tokens/certificate-check.js';
import { JwtBearerFormat } from '../tokens/jwt-bearer-format.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { ProblemDetails } from './problem-details.js';

const STORES = memoryStores();
const REASON = 'for operators only';

/** Writes problems as an app with these options does. Nothing is proven here, so nothing that proves is needed. */
function detailsOf(given: PortcullisOptions): ProblemDetails {
  const options = resolveOptions(given, STORES);
  const keys = { header: options.apiKeys.header } as ApiKeyVerifier;
  const formats = [new JwtBearerFormat(options, {} as TokenVerifier, {} as CertificateCheck)];
  const schemes = [new ApiKeyScheme(keys, {} as ApiKeyAuthenticator), new BearerScheme(formats)];
  return new ProblemDetails(options, new CredentialSchemes(schemes));
}

function problemOf(error: PortcullisError, given: PortcullisOptions) {
  return detailsOf(given).of(error, 'request-1');
}

function written(error: PortcullisError, options: PortcullisOptions = {}) {
  const { status, headers, body } = problemOf(error, options);
  return { status, headers, body: JSON.parse(body), challenges: headers['WWW-Authenticate'] };
}

const refusalOf = (code: RefusalCode) =>
  BUILT_IN_EXTENSIONS.flatMap(({ refusals = [] }) => refusals).find(
    (refusal) => refusal.code === code,
  ) as Refusal;

describe('a refusal on the wire', () => {
  it('is a problem document with the code, the scope and the name of the request', () => {
    const error = new PortcullisError(INSUFFICIENT_SCOPE, REASON, {
      challenge: ['token'],
      scope: 'a:1 b:1',
    });
    const { status, headers, body } = written(error);
    expect(status).toBe(403);
    expect(headers).toMatchObject({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
    });
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Insufficient scope',
      status: 403,
      detail: error.detail,
      code: 'insufficient_scope',
      scope: 'a:1 b:1',
      requestId: 'request-1',
    });
  });

  it('says of each what is its own, whatever others of its code said before', () => {
    const details = detailsOf({});
    const bodyOf = (more: RefusalDetails, requestId: string) =>
      JSON.parse(details.of(new PortcullisError(CREDENTIALS_REQUIRED, REASON, more), requestId).body);
    const usual = bodyOf({}, 'request-1');
    expect(bodyOf({ detail: 'Another.' }, 'request-2')).toEqual({
      ...usual,
      detail: 'Another.',
      requestId: 'request-2',
    });
    expect(bodyOf({ status: 429 }, 'request-3')).toEqual({ ...usual, status: 429, requestId: 'request-3' });
    expect(bodyOf({ demanded: { max_age: 60 } }, 'request-4')).toEqual({
      ...usual,
      max_age: 60,
      requestId: 'request-4',
    });
    expect(bodyOf({ scope: 'a:1' }, '"')).toEqual({ ...usual, scope: 'a:1', requestId: '"' });
    expect(bodyOf({}, '"')).toEqual({ ...usual, requestId: '"' });
  });

  it.each<[RefusalCode, number]>([
    ['credentials_required', 401],
    ['invalid_token', 401],
    ['invalid_api_key', 401],
    ['invalid_request', 400],
    ['insufficient_scope', 403],
    ['insufficient_claims', 403],
    ['tls_required', 403],
    ['ungrantable_scope', 403],
    ['access_token_required', 403],
    ['address_not_allowed', 403],
    ['tenant_mismatch', 403],
    ['invalid_signature', 403],
    ['api_key_conflict', 409],
    ['rate_limit_exceeded', 429],
    ['address_banned', 403],
    ['temporarily_unavailable', 503],
    ['unsupported_context', 501],
  ])('of %s has the status %i, and never shows the reason, the cause or a stack', (code, status) => {
    const error = new PortcullisError(refusalOf(code), REASON, { cause: new Error('the cause') });
    const problem = problemOf(error, {});
    expect(problem.status).toBe(status);
    expect(JSON.stringify(problem)).not.toMatch(/for operators only|the cause|\.ts/);
  });

  it('says when to try again, where that is known', () => {
    const error = new PortcullisError(REFUSE_BANNED, REASON, { retryAfterSeconds: 60 });
    expect(written(error).headers['Retry-After']).toBe('60');
    expect(written(new PortcullisError(REFUSE_BANNED, REASON)).headers).not.toHaveProperty('Retry-After');
  });
});

describe('the challenge', () => {
  it('names no error to a caller who sent no credential (RFC 6750 section 3.1)', () => {
    const error = new PortcullisError(CREDENTIALS_REQUIRED, REASON, { challenge: ['token', 'api-key'] });
    expect(written(error).challenges).toEqual([
      'Bearer realm="api"',
      'ApiKey realm="api", header="X-API-Key"',
    ]);
  });

  it('names the error of a bad token', () => {
    const error = new PortcullisError(INVALID_TOKEN, REASON, { challenge: ['token'] });
    expect(written(error).challenges).toEqual(['Bearer realm="api", error="invalid_token"']);
  });

  it('names the scope that is missing', () => {
    const error = new PortcullisError(INSUFFICIENT_SCOPE, REASON, {
      challenge: ['token'],
      scope: 'a:1 b:1',
    });
    expect(written(error).challenges).toEqual([
      'Bearer realm="api", error="insufficient_scope", scope="a:1 b:1"',
    ]);
  });

  it('names the realm and the header of this app', () => {
    const error = new PortcullisError(INVALID_API_KEY, REASON, { challenge: ['api-key'] });
    expect(written(error, { realm: 'parcels', apiKeys: { header: 'X-Depot-Key' } }).challenges).toEqual([
      'ApiKey realm="parcels", header="X-Depot-Key", error="invalid_api_key"',
    ]);
  });

  it('is absent where no credential would help', () => {
    expect(written(new PortcullisError(REFUSE_BANNED, REASON)).headers).not.toHaveProperty(
      'WWW-Authenticate',
    );
  });

  it('of a token leads to the metadata of this resource (RFC 9728 section 5.1), where it has a URL', () => {
    const error = new PortcullisError(CREDENTIALS_REQUIRED, REASON, { challenge: ['token', 'api-key'] });
    const tokens = { audience: 'parcels', issuer: { url: 'https://api.example' } };
    expect(written(error, { tokens }).challenges).toEqual([
      'Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource"',
      'ApiKey realm="api", header="X-API-Key"',
    ]);
    const metadataOf = (resource: string) =>
      written(error, { tokens: { ...tokens, resource } }).challenges?.[0];
    for (const [resource, end] of [
      ['https://www.example/parcels', '/parcels'],
      ['https://www.example/parcels/', '/parcels/'],
      ['https://www.example/parcels?depot=7&x=/', '/parcels?depot=7&x=/'],
      ['https://www.example/?depot=7', '?depot=7'],
      ['https://www.example?a="b"', '?a=%22b%22'],
    ] as const)
      expect(metadataOf(resource)).toBe(
        `Bearer realm="api", resource_metadata="https://www.example/.well-known/oauth-protected-resource${end}"`,
      );
    const trustedIssuers = [{ issuer: 'https://login.example' }];
    expect(written(error, { tokens: { audience: 'parcels', trustedIssuers } }).challenges).toContain(
      'Bearer realm="api"',
    );
  });
});
