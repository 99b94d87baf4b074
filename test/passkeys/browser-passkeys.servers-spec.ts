import { Controller, Get, Header } from '@nestjs/common';
import { Public } from '@portcullis/auth';
import { decodeJwt } from 'jose';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import ts from 'typescript';
import { oneChromium } from '../support/chromium.js';
import { filesOf } from '../support/pages.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { passkeyApp } from './passkey-app.js';
import { type Answered, PasskeyClient } from './passkey-client.js';

/** Where the browser takes the app to be, whatever its port is. */
const ORIGIN = 'http://localhost:3000';
const FRAMING = 'http://frames.localhost:3000';

/** What the guide shows, as browsers take it. */
const script = ts.transpileModule((await filesOf('docs/guides/passkeys.md')).get('passkeys.ts') ?? '', {
  compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ES2022 },
}).outputText;

@Public()
@Controller()
class PagesController {
  @Get()
  @Header('Content-Type', 'text/html')
  page() {
    return '<!doctype html><title>Parcels</title>';
  }

  @Get('framing')
  @Header('Content-Type', 'text/html')
  framing() {
    return `<!doctype html><iframe src="${ORIGIN}" allow="publickey-credentials-get *"></iframe>`;
  }

  @Get('passkeys.js')
  @Header('Content-Type', 'text/javascript')
  script() {
    return script;
  }
}

const browser = oneChromium();

describeOnPlatforms('a browser with passkeys on %s', (running) => {
  const client = new PasskeyClient(running);
  let context: BrowserContext;
  let page: Page;
  let devices: CDPSession;
  let authenticatorId: string;

  beforeEach(async () => {
    const parts = passkeyApp({ passkeys: { rpId: 'localhost', origins: [ORIGIN] } });
    await running.start({ ...parts, controllers: [...(parts.controllers ?? []), PagesController] });
    await running.app.get(Users, { strict: false }).add('ada');
    context = await browser().newContext();
    await context.route(/^http:\/\/(frames\.)?localhost:3000\//, async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: running.url + pathname }) });
    });
    page = await context.newPage();
    await page.goto(ORIGIN);
    devices = await context.newCDPSession(page);
    await devices.send('WebAuthn.enable');
    ({ authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    }));
  });
  afterEach(() => context.close());

  /** Calls a function of the guide's script in the page. */
  const call = (name: string, ...parameters: unknown[]): Promise<Answered['body']> =>
    page.evaluate(
      async ([called, given]) => {
        const module = await import('/passkeys.js' as string);
        return module[called as string](...(given as unknown[]));
      },
      [name, parameters] as const,
    );
  const passwordLogin = async () => (await client.logIn()).body;
  const amrOf = ({ access_token }: { access_token: string }) => decodeJwt(access_token).amr;

  it('registers a passkey, and logs in with it', async () => {
    const { access_token } = await passwordLogin();
    const registered = await call('addPasskey', access_token, 'Laptop');
    expect(registered).toMatchObject({ id: expect.any(String) });
    const login = await call('logIn');
    expect(decodeJwt(login.access_token)).toMatchObject({ sub: 'ada', acr: 'mfa' });
    expect(amrOf(login)).toEqual(expect.arrayContaining(['user', 'mfa']));
  });

  it('has the device know no name of the user', async () => {
    await call('addPasskey', (await passwordLogin()).access_token, 'Laptop');
    const { credentials } = await devices.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials).toHaveLength(1);
    expect(Buffer.from(credentials[0]?.userHandle ?? '', 'base64')).toHaveLength(32);
  });

  it('does not register a device twice', async () => {
    await call('addPasskey', (await passwordLogin()).access_token, 'Laptop');
    const login = await call('logIn');
    await expect(call('addPasskey', login.access_token, 'Laptop again')).rejects.toThrow('InvalidStateError');
  });

  it('completes a login by password, steps it up, and removes the passkey', async () => {
    await call('addPasskey', (await passwordLogin()).access_token, 'Laptop');
    const completed = await call('completeLogin', await passwordLogin());
    expect(amrOf(completed)).toEqual(expect.arrayContaining(['pwd', 'mfa']));
    const raised = await call('stepUp', completed.access_token);
    expect(decodeJwt(raised.access_token)).toMatchObject({ sid: completed.session_id, acr: 'mfa' });
    const { body } = await client.send('GET', '/auth/factors', undefined, raised.access_token);
    const { id } = body.factors.find(({ kind }: { kind: string }) => kind === 'passkey');
    expect((await client.send('DELETE', `/auth/factors/${id}`, undefined, raised.access_token)).status).toBe(
      204,
    );
    await expect(call('logIn')).rejects.toThrow('/auth/passkey-login says 401');
  });

  it('logs nobody in whose device has not verified them', async () => {
    await call('addPasskey', (await passwordLogin()).access_token, 'Laptop');
    await devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await expect(call('logIn')).rejects.toThrow('NotAllowedError');
  });

  it('logs nobody in by a page that another one has in a frame', async () => {
    await call('addPasskey', (await passwordLogin()).access_token, 'Laptop');
    await page.goto(`${FRAMING}/framing`);
    const frame = page.frames().find((each) => each.url().startsWith(ORIGIN));
    const login = frame?.evaluate(async () => (await import('/passkeys.js' as string)).logIn());
    await expect(login).rejects.toThrow('/auth/passkey-login says 401');
  });
});
