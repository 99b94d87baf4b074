import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { TestBrowser } from '../support/test-browser.js';
import { loginApp, ORIGIN, providerOf } from './login-app.js';
import { type IdTokenChanges, PretendedIssuer } from './pretended-issuer.js';

const NOW = Math.floor(Date.now() / 1000);

describeOnPlatforms('ID tokens of another issuer on %s', (running) => {
  let idp: PretendedIssuer;
  beforeAll(async () => {
    idp = await PretendedIssuer.start();
    const providers = {
      idp: providerOf(idp, { createUsers: true }),
      strict: providerOf(idp, { algorithms: ['RS256'] }),
    };
    await running.start(loginApp({ login: { providers } }));
  });
  afterAll(() => idp.close());

  const logIn = async (changes: IdTokenChanges = {}, name = 'idp', query = '') => {
    idp.changes = changes;
    const browser = new TestBrowser(() => ({ [ORIGIN]: running.url }));
    const begun = await running.fetch(`/login/${name}?return_to=/public${query}`, { redirect: 'manual' });
    for (const cookie of begun.headers.getSetCookie()) browser.keep(ORIGIN, cookie);
    const { searchParams } = new URL(begun.headers.get('location') ?? '');
    const [state = '', nonce = ''] = ['state', 'nonce'].map((part) => searchParams.get(part) ?? '');
    const answer = new URLSearchParams({ code: nonce, state });
    return browser.visit(`${ORIGIN}/login/${name}/callback?${answer}`, idp.issuer);
  };

  it.each<[string, IdTokenChanges]>([
    ['as it should be', {}],
    ['without at_hash, which may be missing', { claims: { at_hash: undefined } }],
    ['with this client as azp', { claims: { azp: 'parcels' } }],
    ['for two, of which azp is this one', { claims: { aud: ['parcels', 'x'], azp: 'parcels' } }],
  ])('log in: %s', async (_, changes) => {
    expect((await logIn(changes)).text).toBe('in');
  });

  it.each<[string, IdTokenChanges]>([
    ['none', { isMissing: true }],
    ['one with the signature of another', { signedBy: 'another' }],
    ['one without a signature', { signedBy: 'none' }],
    ['one signed with the public key as a secret', { signedBy: 'hmac' }],
    ['one of another issuer', { claims: { iss: 'https://accounts.google.com' } }],
    ['one for another client', { claims: { aud: 'letters' } }],
    ['one for two', { claims: { aud: ['parcels', 'letters'] } }],
    ['one whose azp is another', { claims: { azp: 'letters' } }],
    ['one for two, whose azp is another', { claims: { aud: ['parcels', 'letters'], azp: 'letters' } }],
    ['one that is over', { claims: { exp: NOW - 60, iat: NOW - 120 } }],
    ['one without an end', { claims: { exp: undefined } }],
    ['one with the nonce of another login', { claims: { nonce: 'n'.repeat(43) } }],
    ['one without a nonce', { claims: { nonce: undefined } }],
    ['one for another access token', { claims: { at_hash: 'A'.repeat(22) } }],
    ['one whose at_hash is no text', { claims: { at_hash: 1 } }],
    ['one about nobody', { claims: { sub: undefined } }],
    ['one about an empty name', { claims: { sub: '' } }],
    ['one about a very long name', { claims: { sub: 'x'.repeat(256) } }],
    ['one about a number', { claims: { sub: 1 } }],
  ])('do not: %s', async (_, changes) => {
    const { status, text, response } = await logIn(changes);
    expect(status).toBe(401);
    const { code } = await problemIn(new Response(text, { headers: response.headers }));
    expect(code).toBe('single_sign_on_failed');
  });

  it('are signed by no algorithm but those of the provider', async () => {
    expect((await logIn({}, 'strict')).status).toBe(401);
  });

  it('say when their user has logged in, where that is asked', async () => {
    const limited = (auth_time?: number) => logIn({ claims: { auth_time } }, 'idp', '&max_age=60');
    expect((await limited()).status).toBe(401);
    expect((await limited(NOW - 3_600)).status).toBe(401);
    expect((await limited(Math.floor(Date.now() / 1000))).text).toBe('in');
  });

  it('are not asked for where the metadata are those of another issuer', async () => {
    const away = await PretendedIssuer.start();
    away.metadata = { issuer: idp.issuer };
    await running.start(loginApp({ login: { providers: { idp: providerOf(away) } } }));
    const response = await running.fetch('/login/idp', { redirect: 'manual' });
    expect([response.status, (await problemIn(response)).code]).toEqual([503, 'temporarily_unavailable']);
    await away.close();
  });
});
