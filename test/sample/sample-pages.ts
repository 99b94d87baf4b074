import type { Browser, BrowserContext, Page } from 'playwright-core';

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
