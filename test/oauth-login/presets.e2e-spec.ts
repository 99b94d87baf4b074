import { generateKeyPairSync } from 'node:crypto';
import {
  AccountLinks,
  apple,
  auth0,
  entra,
  facebook,
  github,
  google,
  keycloak,
  okta,
} from '@portcullis/oauth/login';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { listen } from '../support/listen.js';
import { type LoginIssuer, startLoginIssuer } from '../support/login-issuer.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { TestBrowser } from '../support/test-browser.js';
import { clientOf, loginApp, ORIGIN } from './login-app.js';
import { SignOnUsers } from './sign-on-users.js';

const CLIENT = { clientId: 'parcels', clientSecret: 'a secret between the app and its issuer' };
const [TENANT, OTHER_TENANT, OID] = ['1', '2', '3'].map(
  (digit) =>
    `${digit.repeat(8)}-${digit.repeat(4)}-${digit.repeat(4)}-${digit.repeat(4)}-${digit.repeat(12)}`,
) as [string, string, string];

describe('issuers that are known by name', () => {
  it('have the issuer that their tokens have', () => {
    const issuers = [
      google(CLIENT),
      okta({ ...CLIENT, domain: 'example.okta.com' }),
      okta({ ...CLIENT, domain: 'example.okta.com', authorizationServer: 'default' }),
      auth0({ ...CLIENT, domain: 'example.eu.auth0.com' }),
      keycloak({ ...CLIENT, url: 'https://sso.example/', realm: 'staff' }),
      entra({ ...CLIENT, tenants: TENANT }),
      entra({ ...CLIENT, tenants: [TENANT, OTHER_TENANT] }),
      entra({ ...CLIENT, tenants: 'common' }),
      entra({ ...CLIENT, tenants: TENANT, authority: 'https://login.microsoftonline.us' }),
    ].map(({ issuer }) => issuer);
    expect(issuers).toEqual([
      'https://accounts.google.com',
      'https://example.okta.com',
      'https://example.okta.com/oauth2/default',
      'https://example.eu.auth0.com/',
      'https://sso.example/realms/staff',
      `https://login.microsoftonline.com/${TENANT}/v2.0`,
      'https://login.microsoftonline.com/organizations/v2.0',
      'https://login.microsoftonline.com/common/v2.0',
      `https://login.microsoftonline.us/${TENANT}/v2.0`,
    ]);
    for (const tenants of [[], '', 'contoso.com', ['common', TENANT], [TENANT, 'x']])
      expect(() => entra({ ...CLIENT, tenants })).toThrow('tenants');
  });

  it('let in whom they are to: domains of Google, tenants of Entra', () => {
    const iss = 'https://accounts.google.com';
    const { identityOf: ofGoogle } = google({ ...CLIENT, hostedDomains: ['parcels.example'] });
    expect(ofGoogle?.({ iss, sub: '1', hd: 'parcels.example' })).toEqual({ iss, sub: '1' });
    for (const hd of [undefined, 'else.example', '', ['parcels.example']])
      expect(ofGoogle?.({ iss, sub: '1', hd })).toBeUndefined();
    const claims = {
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      tid: TENANT,
      oid: OID,
      sub: 's',
    };
    for (const tenants of [TENANT, [TENANT, OTHER_TENANT], 'organizations', 'common']) {
      const { identityOf } = entra({ ...CLIENT, tenants });
      expect(identityOf?.(claims)).toEqual({ iss: claims.iss, sub: OID });
      for (const change of [
        { iss: 'https://else.example' },
        { tid: OTHER_TENANT },
        { tid: undefined },
        { oid: undefined },
        { oid: 'x' },
      ])
        expect(identityOf?.({ ...claims, ...change })).toBeUndefined();
    }
    expect(entra({ ...CLIENT, tenants: OTHER_TENANT }).identityOf?.(claims)).toBeUndefined();
  });
});

describeOnPlatforms('presets on %s', (running) => {
  let entraIssuer: LoginIssuer;
  let appleIssuer: LoginIssuer;
  let hub: Awaited<ReturnType<typeof listen>>;
  let hubUser: object = {};
  let emails: unknown = [];
  const asked: {
    readonly path: string;
    readonly body: string;
    readonly authorization: string | undefined;
  }[] = [];
  const browserOf = () => new TestBrowser(() => ({ [ORIGIN]: running.url }));

  beforeAll(async () => {
    const accounts = {
      alice: { tid: TENANT, oid: OID, email: 'alice@apple.example', email_verified: 'true' },
      eve: { tid: OTHER_TENANT, oid: OID },
    };
    const path = `/${TENANT}/v2.0`;
    const redirect_uris = ['entra', 'organizations'].map((name) => `${ORIGIN}/login/${name}/callback`);
    entraIssuer = await startLoginIssuer({ path, clients: [clientOf('', { redirect_uris })], accounts });
    const metadata = await fetch(`${entraIssuer.issuer}/.well-known/openid-configuration`);
    // As Microsoft's own are for all tenants together.
    entraIssuer.documents.set('/organizations/v2.0/.well-known/openid-configuration', {
      ...((await metadata.json()) as object),
      issuer: `${entraIssuer.origin}/{tenantid}/v2.0`,
      authorization_response_iss_parameter_supported: undefined,
    });
    appleIssuer = await startLoginIssuer({ clients: [clientOf('apple')], accounts });
    hub = await listen(async (request, response) => {
      const { pathname } = new URL(request.url ?? '', hub.url);
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { authorization } = request.headers;
      asked.push({ path: pathname, body: Buffer.concat(chunks).toString(), authorization });
      const answers: Readonly<Record<string, unknown>> = {
        '/api/v3/user': hubUser,
        '/api/v3/user/emails': emails,
        '/v23.0/me': hubUser,
      };
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(
        JSON.stringify(answers[pathname] ?? { access_token: 'hub', token_type: 'bearer', scope: '' }),
      );
    });
    const local = { ...CLIENT, createUsers: true, allowHttpOnLoopback: true };
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const ofApple = apple({ teamId: 'T', keyId: 'K', clientId: 'parcels', privateKey: pem });
    const providers = {
      entra: entra({ ...local, tenants: TENANT, authority: entraIssuer.origin }),
      organizations: entra({ ...local, tenants: 'organizations', authority: entraIssuer.origin }),
      // The secret is one that this issuer can check.
      apple: { ...ofApple, ...local, issuer: appleIssuer.issuer },
      github: github({ ...local, url: hub.url, linkByEmail: true }),
      facebook: facebook({ ...local, urls: { dialog: hub.url, graph: hub.url } }),
    };
    await running.start(loginApp({ login: { providers } }));
  });
  afterAll(() => Promise.all([entraIssuer.close(), appleIssuer.close(), hub.close()]));

  /** Comes back from a provider that has no login page here. */
  const comeBack = async (name: string) => {
    const browser = browserOf();
    const begun = await running.fetch(`/login/${name}?return_to=/public`, { redirect: 'manual' });
    for (const cookie of begun.headers.getSetCookie()) browser.keep(ORIGIN, cookie);
    const location = new URL(begun.headers.get('location') ?? '');
    const answer = new URLSearchParams({ code: 'c', state: location.searchParams.get('state') ?? '' });
    return { location, landed: await browser.visit(`${ORIGIN}/login/${name}/callback?${answer}`, hub.url) };
  };
  const created = () => running.app.get(SignOnUsers, { strict: false }).created;

  it('know people of Entra by tenant and object', async () => {
    entraIssuer.account = 'alice';
    expect((await browserOf().visit(`${ORIGIN}/login/entra?return_to=/public`)).text).toBe('in');
    expect(created().at(-1)).toMatchObject({ iss: entraIssuer.issuer, sub: OID });
    entraIssuer.account = 'eve';
    expect((await browserOf().visit(`${ORIGIN}/login/entra`)).status).toBe(401);
  });

  it('know people of all tenants of Entra, each by their own', async () => {
    entraIssuer.account = 'alice';
    // This server names itself in answers, as Microsoft's does not.
    const browser = browserOf();
    const begun = await running.fetch('/login/organizations?return_to=/public', { redirect: 'manual' });
    for (const cookie of begun.headers.getSetCookie()) browser.keep(ORIGIN, cookie);
    const answer = await browser.redirectFrom(begun.headers.get('location') ?? '', ORIGIN);
    answer.searchParams.delete('iss');
    expect((await browser.visit(answer.href, entraIssuer.origin)).text).toBe('in');
    const service = running.app.get(AccountLinks, { strict: false });
    expect((await service.find({ iss: entraIssuer.issuer, sub: OID }))?.subject).toContain(OID);
  });

  it("take Apple's posted answer, by the only cookie that other sites may have sent", async () => {
    const browser = browserOf();
    const landed = await browser.visit(`${ORIGIN}/login/apple?return_to=/public`);
    expect([landed.url.href, landed.text]).toEqual([`${ORIGIN}/public`, 'in']);
    expect(browser.cookiesOf(ORIGIN)).toEqual({
      '__Host-refresh': expect.stringContaining('SameSite=Strict'),
    });
    expect(created().at(-1)).toMatchObject({ email: 'alice@apple.example', isEmailVerified: true });
    const begun = await running.fetch('/login/apple', { redirect: 'manual' });
    expect(begun.headers.getSetCookie()[0]).toMatch(/; Secure; SameSite=None$/);
    const { searchParams } = new URL(begun.headers.get('location') ?? '');
    expect(searchParams.get('response_mode')).toBe('form_post');
    // Posted or not, it comes the way that it was to come.
    const byUrl = browserOf();
    for (const cookie of begun.headers.getSetCookie()) byUrl.keep(ORIGIN, cookie);
    const answer = new URLSearchParams({ code: 'c', state: searchParams.get('state') ?? '' });
    expect((await byUrl.visit(`${ORIGIN}/login/apple/callback?${answer}`)).status).toBe(400);
    expect((await running.fetch('/login/github/callback', { method: 'POST', body: answer })).status).toBe(
      400,
    );
  });

  it("sign Apple's client secret for each login", async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { clientSecret } = apple({ teamId: 'TEAM', keyId: 'KEY', clientId: 'parcels', privateKey: pem });
    const secret = await (clientSecret as () => Promise<string>)();
    expect(decodeProtectedHeader(secret)).toEqual({ alg: 'ES256', kid: 'KEY' });
    const { iat = 0, exp = 0, ...claims } = decodeJwt(secret);
    expect(claims).toEqual({ iss: 'TEAM', sub: 'parcels', aud: 'https://appleid.apple.com' });
    expect(exp - iat).toBe(300);
  });

  it('know people of GitHub by number, and by verified addresses alone', async () => {
    hubUser = { id: 583231, login: 'octocat', name: null };
    emails = [
      { email: 'second@hub.example', primary: false, verified: true },
      { email: 'cat@hub.example', primary: true, verified: true },
    ];
    const { location, landed } = await comeBack('github');
    expect(landed.text).toBe('in');
    expect(location.pathname).toBe('/login/oauth/authorize');
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      ...{ scope: 'read:user user:email', code_challenge_method: 'S256' },
    });
    const [token, ...rest] = asked.slice(-3);
    expect([token?.path, ...rest.map(({ path }) => path)]).toEqual([
      '/login/oauth/access_token',
      '/api/v3/user',
      '/api/v3/user/emails',
    ]);
    expect(Object.fromEntries(new URLSearchParams(token?.body))).toMatchObject({
      ...{ client_id: 'parcels', client_secret: CLIENT.clientSecret, code: 'c' },
      ...{ code_verifier: expect.any(String), redirect_uri: `${ORIGIN}/login/github/callback` },
    });
    expect(rest.map(({ authorization }) => authorization)).toEqual(['Bearer hub', 'Bearer hub']);
    expect(created().at(-1)).toMatchObject({
      ...{ iss: `${hub.url}/login/oauth`, sub: '583231', email: 'cat@hub.example', isEmailVerified: true },
    });
    hubUser = { id: 2, login: 'other' };
    emails = [{ email: 'victim@parcels.example', primary: true, verified: false }];
    const users = running.app.get(SignOnUsers, { strict: false });
    await users.add('victim');
    users.byEmail.set('victim@parcels.example', 'victim');
    await comeBack('github');
    expect(created().at(-1)).toMatchObject({ sub: '2', isEmailVerified: false });
  });

  it('know people of Facebook by number, and by no address', async () => {
    hubUser = { id: '1020', name: 'Ada', email: 'ada@hub.example' };
    expect((await comeBack('facebook')).landed.text).toBe('in');
    expect(created().at(-1)).toMatchObject({ iss: hub.url, sub: '1020', isEmailVerified: false });
  });

  it('know nobody who has no number', async () => {
    for (const user of [{}, { id: 'octocat' }, { id: 0 }, { id: null }, { error: { code: 190 } }, []]) {
      hubUser = user;
      for (const name of ['github', 'facebook']) expect((await comeBack(name)).landed.status).toBe(401);
    }
  });
});
