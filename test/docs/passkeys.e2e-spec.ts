import type { INestApplication } from '@nestjs/common';
import { TestPasskeyDevice } from '@portcullis/testing';
import { decodeJwt } from 'jose';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/passkeys.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { UsersService } = await load('users.service.ts');
const browser = await load('passkeys.ts');
const { addAndLogIn } = await load('passkey-in-tests.ts');

const PASSWORD = 'correct horse';

afterAll(laidOut.remove);

describe.each(platforms)('the guide to passkeys on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    ({ app, url } = await boot(platform, { imports: [AppModule] }));
    await app.get(UsersService, { strict: false }).register('ada', PASSWORD);
  });
  afterEach(() => app.close());

  // biome-ignore lint/suspicious/noExplicitAny: each route answers something else.
  const post = async (path: string, body: object, token?: string): Promise<any> => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', ...authorization };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return response.json();
  };
  const logIn = () => post('/auth/login', { username: 'ada', password: PASSWORD });

  it('shows how tests log in', async () => {
    const { access_token } = await logIn();
    expect(decodeJwt((await addAndLogIn(post, access_token)).access_token)).toMatchObject({ acr: 'mfa' });
  });

  it('has a script that adds a passkey, logs in with it, completes a login, and steps up', async () => {
    const device = new TestPasskeyDevice({ origin: 'http://localhost:3000' });
    await inBrowser(url, device, async () => {
      const { access_token } = await logIn();
      expect((await browser.addPasskey(access_token, 'Laptop')).recovery_codes).toHaveLength(10);
      const login = await browser.logIn();
      expect(decodeJwt(login.access_token)).toMatchObject({ sub: 'u0', acr: 'mfa' });
      const completed = await browser.completeLogin(await logIn());
      const raised = await browser.stepUp(completed.access_token);
      expect(decodeJwt(raised.access_token)).toMatchObject({ sid: completed.session_id, acr: 'mfa' });
    });
  });
});

/** As a page of the app: what real browsers do with the script is tried by `passkeys/browser-passkeys`. */
async function inBrowser(url: string, device: TestPasskeyDevice, use: () => Promise<void>): Promise<void> {
  const { fetch } = globalThis;
  const parse = (options: unknown) => options;
  const members = {
    fetch: (path: string, init: RequestInit) => fetch(new URL(path, url), init),
    navigator: {
      credentials: {
        create: async ({ publicKey }: never) => ({ toJSON: () => device.create(publicKey) }),
        get: async ({ publicKey }: never) => ({ toJSON: () => device.get(publicKey) }),
      },
    },
    PublicKeyCredential: { parseCreationOptionsFromJSON: parse, parseRequestOptionsFromJSON: parse },
  };
  const before = Object.getOwnPropertyDescriptors(globalThis);
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    await use();
  } finally {
    for (const name of Object.keys(members)) {
      const descriptor = before[name as never];
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
}
