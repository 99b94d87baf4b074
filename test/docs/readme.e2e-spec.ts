import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type INestApplication, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TestCredentials } from '@portcullis/testing';
import { importFrom, layOut, readPage } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'README.md';
const before = { ...process.env };
const folder = mkdtempSync(join(tmpdir(), 'portcullis-readme-'));
// The module reads them when it is imported.
Object.assign(process.env, {
  DATA: folder,
  KEY_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  PORT: '0',
});
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');

afterAll(async () => {
  process.env = before;
  await laidOut.remove();
  rmSync(folder, { recursive: true });
});

it('is for the first ten minutes: at most 150 lines', async () => {
  expect((await readPage(PAGE)).split('\n').length - 1).toBeLessThanOrEqual(150);
});

describe.each(platforms)('the code of the README on %s', (platform) => {
  it('opens and closes the routes of the first example', async () => {
    const { app, url } = await boot(platform, { imports: [AppModule] });
    const credentials = new TestCredentials(app);
    const call = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(`${url}${path}`, { method, headers });
    const driver = await credentials.user({ subject: 'ada', scopes: ['parcels:read', 'parcels:deliver'] });
    const depot = await credentials.app({ appId: 'north', scopes: ['handovers:write'] });

    expect(await (await call('/parcels/track/7')).json()).toEqual({ code: '7', state: 'on its way' });
    expect((await call('/parcels')).status).toBe(401);
    expect(await (await call('/parcels', driver)).json()).toEqual({ parcelsOf: 'ada' });
    const handover = await call('/parcels/7/handover', { ...driver, ...depot }, 'POST');
    expect(await handover.json()).toEqual({ id: '7', depot: 'north', driver: 'ada' });
    expect((await call('/parcels/7/handover', driver, 'POST')).status).toBe(401);
    await app.close();
  });
});

/** Runs `main.ts`, which keeps its app to itself. */
async function main(file: string): Promise<INestApplication> {
  const create = jest.spyOn(NestFactory, 'create');
  Logger.overrideLogger(false);
  await load(file);
  const app = await create.mock.results[0]?.value;
  create.mockRestore();
  return app as INestApplication;
}

it('keeps what it has issued in the file that it names', async () => {
  const app = await main('main.ts');
  const reader = await new TestCredentials(app).user({ scopes: ['parcels:read'] });
  expect((await fetch(`${await app.getUrl()}/parcels`, { headers: reader })).status).toBe(200);
  await app.close();

  const again = await boot('express', { imports: [AppModule] });
  expect((await fetch(`${again.url}/parcels`, { headers: reader })).status).toBe(200);
  await again.app.close();
});
