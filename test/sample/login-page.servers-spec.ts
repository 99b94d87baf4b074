import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import type { Demo } from '../../apps/sample/src/demo/prepare-demo.js';
import { oneChromium } from '../support/chromium.js';
import { Authenticator } from '../support/mfa-client.js';
import { platforms } from '../support/platforms.js';
import { type RunningSample, startSample } from './running-sample.js';
import { logInAt, visitor } from './sample-pages.js';

const browser = oneChromium();

describe.each(platforms)('the page of the sample on %s', (adapter) => {
  let sample: RunningSample;
  let demo: Demo;
  let context: BrowserContext;
  let page: Page;
  let devices: CDPSession;
  let complaints: string[];

  beforeEach(async () => {
    sample = await startSample(adapter);
    demo = sample.demo;
    ({ context, page, complaints } = await visitor(browser()));
    await page.goto(`${sample.issuer}/login`);
    devices = await context.newCDPSession(page);
    await devices.send('WebAuthn.enable');
    const device = { protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true } as const;
    const abilities = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
    await devices.send('WebAuthn.addVirtualAuthenticator', { options: { ...device, ...abilities } });
  });
  afterEach(async () => {
    await context.close();
    await sample.app.close();
    expect(complaints).toEqual([]);
  });

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const logIn = () => logInAt(page, demo.driver);
  const methods = () => page.locator('#methods').textContent();
  const shown = (text: string) => page.getByText(text).first().waitFor();

  it('registers a passkey, logs in with it, and removes it after a login by a recovery code', async () => {
    await logIn();
    await press('Add a passkey');
    const codes = (await page.locator('#recovery-codes').filter({ hasText: /\S/ }).textContent())?.split(
      '\n',
    );
    expect(codes).toHaveLength(10);

    await press('Log out');
    await press('Log in with a passkey');
    await shown('You are');
    expect(await methods()).toContain('mfa');
    expect(await methods()).not.toContain('pwd');

    await press('Log out');
    await logIn();
    await shown('Prove that it is you');
    await page.getByLabel('With').selectOption({ label: 'Recovery codes' });
    await page.locator('#code-form [name=code]').fill(codes?.[0] ?? '');
    await press('Go on');
    await shown('You are');
    await page.locator('#factors li', { hasText: 'Passkey' }).getByRole('button', { name: 'Remove' }).click();
    await page.locator('#factors li', { hasText: 'Passkey' }).waitFor({ state: 'detached' });

    await press('Log out');
    await press('Log in with a passkey');
    await shown('The passkey is not known here');
    await logIn();
    await shown('You are');
  }, 60_000);

  it('completes a login by password with a passkey, and ends other devices', async () => {
    await logIn();
    await press('Add a passkey');
    await shown('Your recovery codes');
    await press('Log out');
    await press('Log in with a passkey');
    await shown('You are');
    await page.reload();
    await logIn();
    await press('Use a passkey');
    await shown('You are');
    expect(await methods()).toContain('pwd');
    expect(await page.locator('#sessions li').count()).toBe(2);
    await press('End all others');
    await page.locator('#sessions li').nth(1).waitFor({ state: 'detached' });
    expect(await page.locator('#sessions li').count()).toBe(1);
  }, 60_000);

  it('adds an authenticator app, and asks for its code', async () => {
    await logIn();
    await press('Add an authenticator app');
    const secret = await page.locator('#totp-secret').filter({ hasText: /\S/ }).textContent();
    const phone = new Authenticator('', secret ?? '', Date.now);
    await page.locator('#totp-form [name=code]').fill(phone.code());
    await press('Confirm');
    await shown('Your recovery codes');
    expect(
      await page.locator('#totp-qr').evaluate((image) => (image as { naturalWidth?: number }).naturalWidth),
    ).toBeGreaterThan(0);

    await press('Log out');
    await logIn();
    await page.locator('#code-form [name=code]').fill('000000x');
    await press('Go on');
    await shown('does not prove');
    // The next one, because each counts once, and one before would be over where the page is slow.
    await page.locator('#code-form [name=code]').fill(phone.code(1));
    await press('Go on');
    await shown('You are');
    expect(await methods()).toContain('otp');
  }, 60_000);

  it('runs nothing that is in a page, and is framed by nobody', async () => {
    const policy = (await page.request.get(page.url())).headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(await page.content()).not.toMatch(/ on\w+=|<script(?! type="module" src=)|style=/);
  });
});
