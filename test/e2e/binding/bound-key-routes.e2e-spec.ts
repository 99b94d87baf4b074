import { generateKeyPairSync, type JsonWebKey, type KeyPairKeyObjectResult } from 'node:crypto';
import { PortcullisAdminModule, PortcullisPersonalTokensModule } from '@portcullis/auth';
import { ORIGIN } from '../../support/bound-calls.js';
import { noStrikes, ownTokens, userWith } from '../../support/credentials.js';
import { PlainRoutesController } from '../../support/plain-routes.js';
import { describeOnPlatforms } from '../../support/running-app.js';

const publicOf = ({ publicKey }: KeyPairKeyObjectResult): JsonWebKey => publicKey.export({ format: 'jwk' });
const pair = generateKeyPairSync('ed25519');

describeOnPlatforms('routes that make bound keys, on %s', (running) => {
  let admin: Record<string, string>;
  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, publicOrigins: [ORIGIN], bans: noStrikes },
      imports: [PortcullisAdminModule.register(), PortcullisPersonalTokensModule.register()],
      controllers: [PlainRoutesController],
    });
    admin = await userWith(running.app, ['keys:admin']);
  });

  const sent = async (path: string, body: object) => {
    const response = await running.send('POST', path, admin, body);
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };

  it.each([
    ['/admin/api-keys', { appId: 'depot', name: 'Bern', scopes: [] }, '/app'],
    ['/personal-tokens', { name: 'script', scopes: [] }, '/user'],
  ])('%s makes one, and lists show its thumbprint alone', async (path, given, route) => {
    const made = await sent(path, { ...given, publicKey: publicOf(pair) });
    expect(made.status).toBe(201);
    expect(made.body.publicKeyThumbprint).toMatch(/^[\w-]{43}$/);
    const list = await (await running.get(path, admin)).text();
    expect(list).toContain(made.body.publicKeyThumbprint);
    expect(list).not.toContain(publicOf(pair).x as string);
    expect(JSON.stringify(made.body)).not.toContain(publicOf(pair).x as string);
    const { key = '' } = made.body;
    expect(await running.statusOf(route, { 'x-api-key': key })).toBe(401);
    expect(await running.statusOf(route, { authorization: `Bearer ${key}` })).toBe(401);
  });

  it.each<[string, unknown, string]>([
    ['a private key', pair.privateKey.export({ format: 'jwk' }), 'publicKey: the JWK is a private key'],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'publicKey: the JWK is a symmetric key'],
    [
      'a small key',
      publicOf(generateKeyPairSync('rsa', { modulusLength: 1_024 })),
      'publicKey: the JWK is an RSA key of fewer than 2048 bits',
    ],
    ['a text', 'AAAA', 'publicKey must be an object'],
    ['nothing', null, 'publicKey must be an object'],
  ])('refuse %s, and say why', async (_, publicKey, message) => {
    for (const [path, given] of [
      ['/admin/api-keys', { appId: 'depot', name: 'Bern', scopes: [] }],
      ['/personal-tokens', { name: 'script', scopes: [] }],
    ] as const) {
      const { status, body } = await sent(path, { ...given, publicKey });
      expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(message)]);
      expect(JSON.stringify(body)).not.toContain('"d"');
    }
  });

  it('rotate one with its key, or with another one', async () => {
    const { body } = await sent('/admin/api-keys', {
      ...{ appId: 'depot', name: 'Bern', scopes: [], publicKey: publicOf(pair) },
    });
    const rotate = (id: string | undefined, changes: object) =>
      sent(`/admin/api-keys/${id}/rotate`, { overlapSeconds: 0, ...changes });
    const same = await rotate(body.id, {});
    expect(same.body.publicKeyThumbprint).toBe(body.publicKeyThumbprint);
    expect((await rotate(same.body.id, { publicKey: null })).status).toBe(400);
    const other = await rotate(same.body.id, { publicKey: publicOf(generateKeyPairSync('ed25519')) });
    expect([other.status, other.body.publicKeyThumbprint === body.publicKeyThumbprint]).toEqual([201, false]);
  });
});
