import { Controller, Get } from '@nestjs/common';
import { CurrentUser, RequireUser, RevocationService, TokenIssuer, UserIdentity } from '@portcullis/auth';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { TestClock } from '../support/clock.js';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { mistyped } from '../support/mistyped.js';
import { describeOnPlatforms } from '../support/running-app.js';

@RequireUser('parcels:read')
@Controller('parcels')
class ParcelsController {
  @Get()
  list(@CurrentUser() user: UserIdentity) {
    return { subject: user.subject, claims: user.claims };
  }
}

describeOnPlatforms('tokens on %s', (running) => {
  const clock = new TestClock();
  let signingKey: CryptoKey;

  const get = (token: string) => running.get('/parcels', { authorization: `Bearer ${token}` });
  const statusOf = (token: string) => running.statusOf('/parcels', { authorization: `Bearer ${token}` });
  const issue = (subject = 'ada', lifetimeSeconds = 900) =>
    running.app
      .get(TokenIssuer)
      .issue({ subject, clientId: 'web', scopes: ['parcels:read'], lifetimeSeconds });

  /** A token that the app would accept, but for what a test changes. */
  const sign = (claims: object, header: object = {}, key: CryptoKey | Uint8Array = signingKey) => {
    const now = Math.floor(clock.now() / 1000);
    const payload = {
      iss: ownTokens.issuer.url,
      aud: ownTokens.audience,
      sub: 'ada',
      client_id: 'web',
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + 300,
      scope: 'parcels:read',
      ...claims,
    };
    return new SignJWT(payload as JWTPayload)
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k1', typ: 'at+jwt', ...header })
      .sign(key);
  };

  beforeAll(async () => {
    const pair = await generateKeyPair('EdDSA', { extractable: true });
    signingKey = pair.privateKey;
    const jwk = { ...(await exportJWK(pair.privateKey)), alg: 'EdDSA', kid: 'k1' };
    const tokens = { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey: jwk } };
    await running.start({
      portcullis: { tokens, bans: noStrikes, now: clock.now },
      controllers: [ParcelsController],
    });
  });

  it('a token that the app issued shows the handler who it is', async () => {
    const response = await get((await issue()).accessToken);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      subject: 'ada',
      claims: { client_id: 'web', scope: 'parcels:read' },
    });
  });

  it('a token that somebody else signed with the same key is as good: the base of the tests below', async () => {
    expect(await statusOf(await sign({}))).toBe(200);
    expect(await statusOf(await sign({ aud: ['https://other.example', ownTokens.audience] }))).toBe(200);
    expect(await statusOf(await sign({}, { typ: 'application/at+jwt' }))).toBe(200);
  });

  const expectRefusalOf = async (token: string) => {
    const response = await get(token);
    expect(response.status).toBe(401);
    expect((await problemIn(response)).code).toBe('invalid_token');
  };

  it.each([
    ['for another audience', { aud: 'https://other.example' }, {}],
    ['without an audience', { aud: undefined }, {}],
    ['of another issuer', { iss: 'https://other.example' }, {}],
    ['without an issuer', { iss: undefined }, {}],
    ['without a subject', { sub: undefined }, {}],
    ['without a client', { client_id: undefined }, {}],
    ['without an id', { jti: undefined }, {}],
    ['without an end', { exp: undefined }, {}],
    ['without a time of issue', { iat: undefined }, {}],
    ['whose scope is a list with something else than texts', { scope: ['parcels:read', 7] }, {}],
    ['that is an ID token by its type', {}, { typ: 'JWT' }],
    ['without a type', {}, { typ: undefined }],
    ['of an unknown key', {}, { kid: 'k2' }],
  ])('a token %s is refused', async (_, claims, header) => {
    await expectRefusalOf(await sign(claims, header));
  });

  it.each([
    ['that lives for years', 'exp', 100_000_000],
    ['issued in the future', 'iat', 60],
    ['that is not valid yet', 'nbf', 60],
    ['that is expired', 'exp', -10],
  ])('a token %s is refused', async (_, claim, fromNow) => {
    await expectRefusalOf(await sign({ [claim]: Math.floor(clock.now() / 1000) + fromNow }));
  });

  it('scopes may be a list, of which each entry is one', async () => {
    expect(await statusOf(await sign({ scope: ['other', 'parcels:read'] }))).toBe(200);
    for (const scope of [[], ['x parcels:read'], ['parcels:read '], [['parcels:read']]])
      expect(await statusOf(await sign({ scope }))).not.toBe(200);
  });

  it('a scope covers what is below it only if it ends in a colon and a star', async () => {
    expect(await statusOf(await sign({ scope: 'parcels:*' }))).toBe(200);
    for (const scope of ['*', 'parc*', 'parcels*', 'parcels:r*', ':*', 'parcels:', 'PARCELS:READ', '']) {
      expect(await statusOf(await sign({ scope }))).toBe(403);
    }
  });

  it('a token whose claims were changed after signing is refused', async () => {
    const [header, payload = '', signature] = (await issue()).accessToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url');
    expect(await statusOf([header, forged, signature].join('.'))).toBe(401);
  });

  it('a token whose signature was changed is refused, also right after the real one was let in', async () => {
    const { accessToken } = await issue();
    expect(await statusOf(accessToken)).toBe(200);
    const [header, payload, signature = ''] = accessToken.split('.');
    for (const other of [mistyped(signature), '', `${signature}=`, `${signature}A`, signature.slice(0, -4)]) {
      expect(await statusOf([header, payload, other].join('.'))).toBe(401);
    }
  });

  it('a token signed with another key of the same name is refused', async () => {
    const { privateKey } = await generateKeyPair('EdDSA');
    expect(await statusOf(await sign({}, {}, privateKey))).toBe(401);
  });

  it('a token is refused whose header asks for no signature, or for the public key as a shared secret', async () => {
    const jwks = (await (await running.fetch('/.well-known/jwks.json')).json()) as JSONWebKeySet;
    const asSecret = new TextEncoder().encode(JSON.stringify(jwks.keys[0]).padEnd(64));
    expect(await statusOf(await sign({}, { alg: 'HS256' }, asSecret))).toBe(401);

    const payload = (await sign({})).split('.')[1];
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    expect(await statusOf(`${none}.${payload}.`)).toBe(401);
  });

  it('a token works until it expires, and is refused from then on though it was proven before', async () => {
    const { accessToken } = await issue('ada', 60);
    clock.forward(55);
    expect(await statusOf(accessToken)).toBe(200);
    clock.forward(11);
    expect(await statusOf(accessToken)).toBe(401);
  });

  describe('revocation', () => {
    it('of a token takes effect on the very next request, and spares the other tokens of its user', async () => {
      const [one, other] = [await issue('bob'), await issue('bob')];
      expect(await statusOf(one.accessToken)).toBe(200);
      await running.app.get(RevocationService).revokeToken(one.tokenId, { reason: 'lost' });
      expect(await statusOf(one.accessToken)).toBe(401);
      expect(await statusOf(other.accessToken)).toBe(200);
    });

    it('of a user takes effect on the very next request, for every token so far, and spares other users', async () => {
      const [one, other, bystander] = [await issue('cleo'), await issue('cleo'), await issue('dan')];
      expect(await statusOf(one.accessToken)).toBe(200);
      await running.app.get(RevocationService).revokeUser('cleo', { reason: 'lost' });
      expect(await statusOf(one.accessToken)).toBe(401);
      expect(await statusOf(other.accessToken)).toBe(401);
      expect(await statusOf(bystander.accessToken)).toBe(200);
    });

    it('of a user does not touch the token of a login right after it', async () => {
      const before = await issue('eve');
      await running.app.get(RevocationService).revokeUser('eve', { reason: 'lost' });
      const after = await issue('eve');
      expect(await statusOf(after.accessToken)).toBe(200);
      expect(await statusOf(before.accessToken)).toBe(401);
    });

    it('is shown to the operator, not to the client', async () => {
      const { accessToken, tokenId } = await issue('fay');
      await running.app.get(RevocationService).revokeToken(tokenId, { reason: 'stolen laptop' });
      const problem = await problemIn(await get(accessToken));
      const event = await running.events.about('request.refused', problem.requestId);
      expect(event.reason).toBe(`token "${tokenId}" is revoked`);
      const revoked = running.events.of('tokens.revoked').map(({ revocation }) => revocation);
      expect(revoked).toContainEqual(expect.objectContaining({ tokenId, reason: 'stolen laptop' }));
      expect(JSON.stringify(problem)).not.toMatch(/is revoked|stolen laptop/);
    });
  });
});
