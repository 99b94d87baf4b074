import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** A Chromium without a window. @throws Error where none is installed */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env.PORTCULLIS_CHROMIUM;
  if (!executablePath) throw new Error('There is no Chromium: apt-get install chromium');
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** A new visitor, and what browsers complain of: a policy that was violated, a script that has failed. */
export async function visitor(
  browser: Browser,
  language = 'en-US',
): Promise<{ readonly context: BrowserContext; readonly page: Page; readonly complaints: string[] }> {
  const context = await browser.newContext({ locale: language });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { context, page, complaints };
}

/** Types name and password into the page for logins. */
export async function logInAt(
  page: Page,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  await page.locator('[name=username]').fill(username);
  await page.locator('[name=password]').fill(password);
  await page.locator('#password-form button').click();
}
