import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { MisuseReactions } from '../reactions/misuse-reactions.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { KeyRing } from './key-ring.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenVerifier } from './token-verifier.js';
import { TrustedIssuers } from './trusted-issuers.js';

const NOW = Date.UTC(2030, 0, 1) + 999;
const SECONDS = Math.floor(NOW / 1_000);
const TOKENS = { audience: 'parcels', issuer: { url: 'https://api.example', lifetimeSeconds: 60 } };
const ANN = { subject: 'ann', clientId: 'web' };

let now = NOW;
beforeEach(() => {
  now = NOW;
});

function issuerWith(given: PortcullisOptions = { tokens: TOKENS }) {
  const stores = memoryStores();
  const options = resolveOptions({ ...given, now: () => now }, stores);
  const stream = new SecurityEvents();
  const events: SecurityEvent[] = [];
  stream.subscribe((event) => events.push(event));
  const keyRing = new KeyRing(options, new Replicator(options, stream, CHANGES), stream);
  const revocations = new RevocationService(options, stream, new Replicator(options, stream, CHANGES));
  const issuer = new TokenIssuer(options, keyRing, revocations, stream);
  const misuse = new MisuseReactions(options, revocations, stream);
  const verifier = new TokenVerifier(options, new TrustedIssuers(options, keyRing), revocations, misuse);
  return { issuer, verifier, revocations, events, keyRing };
}

describe('an issued token', () => {
  it('is an access token after RFC 9068', async () => {
    const { issuer, keyRing } = issuerWith();
    const { accessToken, tokenId, expiresInSeconds } = await issuer.issue({ ...ANN, scopes: ['a:1', 'b:*'] });
    expect(decodeProtectedHeader(accessToken)).toEqual({
      alg: 'EdDSA',
      kid: keyRing.signingKey?.kid,
      typ: 'at+jwt',
    });
    expect(decodeJwt(accessToken)).toEqual({
      iss: 'https://api.example',
      aud: 'parcels',
      sub: 'ann',
      client_id: 'web',
      scope: 'a:1 b:*',
      jti: tokenId,
      iat: SECONDS,
      exp: SECONDS + 60,
    });
    expect(expiresInSeconds).toBe(60);
  });

  it('is of the issuer that the app says it is', async () => {
    const { issuer } = issuerWith();
    expect(decodeJwt((await issuer.issue(ANN)).accessToken).iss).toBe(issuer.url);
  });

  it('is one that we accept ourselves', async () => {
    const { issuer, verifier } = issuerWith();
    const { accessToken, tokenId } = await issuer.issue({ ...ANN, scopes: ['a:1'] });
    expect((await verifier.verify(accessToken)).identity).toMatchObject({
      subject: 'ann',
      clientId: 'web',
      tokenId,
      scopes: ['a:1'],
    });
  });

  it('leaves out what would be empty, and is accepted all the same', async () => {
    const { issuer, verifier } = issuerWith();
    const { accessToken } = await issuer.issue({ ...ANN, scopes: [], authentication: { methods: [] } });
    const { scope, amr, ...others } = decodeJwt(accessToken);
    expect([scope, amr, Object.values(others).filter((value) => value === '')]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    expect((await verifier.verify(accessToken)).identity).toMatchObject({ subject: 'ann', scopes: [] });
  });

  it('is unlike every other', async () => {
    const { issuer } = issuerWith();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.issue(ANN)));
    expect(new Set(tokens.map(({ tokenId }) => tokenId)).size).toBe(20);
  });

  it('carries further claims, which replace none of ours', async () => {
    const { issuer } = issuerWith();
    const ours = {
      iss: 'x',
      sub: 'x',
      aud: 'x',
      exp: 1,
      iat: 1,
      jti: 'x',
      client_id: 'x',
      scope: 'admin:all',
    };
    const { accessToken, tokenId } = await issuer.issue({ ...ANN, claims: { ...ours, tenant: 'bern' } });
    expect(decodeJwt(accessToken)).toMatchObject({
      tenant: 'bern',
      sub: 'ann',
      jti: tokenId,
      client_id: 'web',
    });
    expect(decodeJwt(accessToken)).not.toHaveProperty('scope');
    expect(decodeJwt(accessToken)).toMatchObject({
      iss: 'https://api.example',
      aud: 'parcels',
      exp: SECONDS + 60,
    });
  });

  it('is emitted by its name, and never shown', async () => {
    const { issuer, events } = issuerWith();
    const { accessToken, tokenId } = await issuer.issue(ANN);
    expect(events).toEqual([{ type: 'token.issued', subject: 'ann', tokenId }]);
    expect(JSON.stringify(events)).not.toContain(accessToken.split('.')[2]);
  });

  it('is not caught by an earlier revocation of its user', async () => {
    const { issuer, verifier, revocations } = issuerWith();
    const before = await verifier.verify((await issuer.issue(ANN)).accessToken);
    await revocations.revokeUser('ann', { reason: 'password changed' });
    const issuing = issuer.issue(ANN);
    now += 2_000;
    const after = await verifier.verify((await issuing).accessToken);
    expect(revocations.isRevoked(before.facts)).toBe(true);
    expect(revocations.isRevoked(after.facts)).toBe(false);
    expect(after.facts.issuedAt).toBe(SECONDS + 2);
  });
});

describe('a token is not issued', () => {
  it.each([
    ['no client', { clientId: undefined }],
    ['an empty subject', { subject: '' }],
    ['a session that is no text', { sessionId: 7 }],
    ['an empty grant', { grantId: '' }],
  ])('for %s, which our own verifier could not read', async (_, wrong) => {
    const { issuer } = issuerWith();
    await expect(issuer.issue({ ...ANN, ...wrong } as never)).rejects.toThrow('would be refused');
  });

  it.each(['', '*', 'a b', ':*'])('for the scope %j', async (scope) => {
    const { issuer, events } = issuerWith();
    await expect(issuer.issue({ ...ANN, scopes: [scope] })).rejects.toThrow(TypeError);
    expect(events).toEqual([]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 101])(
    'for %d seconds, when at most 100 are accepted',
    async (seconds) => {
      const { issuer } = issuerWith({ tokens: { ...TOKENS, maxLifetimeSeconds: 100 } });
      await expect(issuer.issue({ ...ANN, lifetimeSeconds: seconds })).rejects.toThrow(TypeError);
      expect((await issuer.issue({ ...ANN, lifetimeSeconds: 100 })).expiresInSeconds).toBe(100);
    },
  );

  it('by an app that is no issuer', async () => {
    const { issuer } = issuerWith({});
    await expect(issuer.issue(ANN)).rejects.toThrow('tokens.issuer');
    expect(() => issuer.url).toThrow('tokens.issuer');
  });
});
