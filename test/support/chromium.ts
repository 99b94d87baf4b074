import { type Browser, chromium } from 'playwright-core';

/**
 * One Chromium without a window for all tests of a file.
 *
 * @returns gives it, within tests and hooks; they fail where none is installed
 */
export function oneChromium(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    const executablePath = process.env.PORTCULLIS_CHROMIUM;
    if (!executablePath) throw new Error('There is no Chromium: apt-get install chromium');
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(() => browser?.close());
  return () => browser as Browser;
}
