import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { PortcullisConfigurationError } from '@portcullis/auth';
import type { OpenIdProvider } from '@portcullis/oauth/login';
import { type LoginIssuer, startLoginIssuer } from '../support/login-issuer.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { TestBrowser } from '../support/test-browser.js';
import { clientOf, loginApp, ORIGIN } from './login-app.js';

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const ofCurve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const ofBits = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const KEYS = { ES256: ofCurve('P-256'), Ed25519: generateKeyPairSync('ed25519'), RS256: ofBits(2_048) };
const pemOf = ({ privateKey }: KeyPair, type: 'pkcs8' | 'sec1' | 'pkcs1' = 'pkcs8') =>
  privateKey.export({ type, format: 'pem' } as never).toString();

const SECRET = 'a secret that must not be shown';

describeOnPlatforms('an app that another issuer knows by its key, on %s,', (running) => {
  let idp: LoginIssuer;

  beforeAll(async () => {
    const keys = Object.entries(KEYS).map(([kid, { publicKey }]) => ({
      ...publicKey.export({ format: 'jwk' }),
      ...{ kid, use: 'sig' },
    }));
    const { client_secret: _, ...known } = clientOf('idp');
    idp = await startLoginIssuer({
      clients: [
        {
          ...known,
          token_endpoint_auth_method: 'private_key_jwt',
          // The provider takes no key set in its configuration that was made inside of Jest: objects there are of another realm.
          jwks_uri: 'https://parcels.example/jwks',
        },
      ],
      fetch: async () => Response.json({ keys }),
      accounts: { alice: {} },
      configuration: { enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'Ed25519', 'RS256'] } },
    });
  });
  afterAll(() => idp.close());

  const start = (login: Partial<OpenIdProvider>) => {
    const provider = {
      issuer: idp.issuer,
      clientId: 'parcels',
      createUsers: true,
      allowHttpOnLoopback: true,
    };
    return running.start(loginApp({ login: { providers: { idp: { ...provider, ...login } } } }));
  };
  const logsIn = async () => {
    const browser = new TestBrowser(() => ({ [ORIGIN]: running.url }));
    await browser.visit(`${ORIGIN}/login/idp`);
    return (await browser.post(`${ORIGIN}/auth/refresh`)).status === 200;
  };

  it.each([
    ['of EC', pemOf(KEYS.ES256), 'ES256'],
    ['of EC, as SEC 1 writes it', pemOf(KEYS.ES256, 'sec1'), 'ES256'],
    ['of Ed25519', pemOf(KEYS.Ed25519), 'Ed25519'],
    ['of RSA', pemOf(KEYS.RS256), 'RS256'],
    ['of RSA, as PKCS #1 writes it', pemOf(KEYS.RS256, 'pkcs1'), 'RS256'],
    ['without a name', pemOf(KEYS.ES256), undefined],
  ])('logs people in with a key %s', async (_, privateKey, keyId) => {
    await start({ clientKey: { privateKey, ...(keyId !== undefined && { keyId }) } });
    expect(await logsIn()).toBe(true);
  });

  it.each<[string, Partial<OpenIdProvider>]>([
    ['with a key that the issuer does not know', { clientKey: { privateKey: pemOf(ofCurve('P-256')) } }],
    [
      'with another key under the name of a known one',
      { clientKey: { privateKey: pemOf(ofCurve('P-256')), keyId: 'ES256' } },
    ],
    ['with a secret', { clientSecret: SECRET }],
    ['with nothing', {}],
  ])('logs nobody in %s', async (_, login) => {
    await start(login);
    expect(await logsIn()).toBe(false);
  });

  it.each<[string, object]>([
    ['that is none', { clientKey: { privateKey: SECRET } }],
    ['that is missing', { clientKey: {} }],
    ['that is null', { clientKey: null }],
    ['that is no PEM', { clientKey: { privateKey: { key: pemOf(KEYS.ES256) } } }],
    [
      'that is public',
      { clientKey: { privateKey: KEYS.ES256.publicKey.export({ type: 'spki', format: 'pem' }) } },
    ],
    ['on another curve', { clientKey: { privateKey: pemOf(ofCurve('P-384')) } }],
    ['of few bits', { clientKey: { privateKey: pemOf(ofBits(1_024)) } }],
    ['with a name that is no text', { clientKey: { privateKey: pemOf(KEYS.ES256), keyId: 7 } }],
    ['beside a secret', { clientKey: { privateKey: pemOf(KEYS.ES256) }, clientSecret: SECRET }],
    [
      'beside a way to send a secret',
      { clientKey: { privateKey: pemOf(KEYS.ES256) }, clientAuthentication: 'client_secret_post' },
    ],
  ])('does not boot with a key %s, and shows neither', (_, login) => {
    const starting = () => start(login);
    expect(starting).toThrow(PortcullisConfigurationError);
    expect(starting).toThrow(/clientKey/);
    expect(starting).not.toThrow(/PRIVATE|must not be shown/);
  });
});
