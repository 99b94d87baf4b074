import type { INestApplication } from '@nestjs/common';
import { createApp } from '../../apps/sample/src/app.js';
import { readConfig } from '../../apps/sample/src/config.js';
import { type Demo, prepareDemo } from '../../apps/sample/src/demo/prepare-demo.js';
import { freePort } from '../support/free-port.js';
import type { Platform } from '../support/platforms.js';

/** The sample, in this process. */
export interface RunningSample {
  readonly app: INestApplication;
  readonly demo: Demo;
  /** Its URL, as browsers and clients know it. */
  readonly issuer: string;
}

export async function startSample(
  adapter: Platform,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningSample> {
  const port = String(await freePort());
  const base = { ADAPTER: adapter, PORT: port, LOG_LEVEL: 'fatal', NODE_ENV: 'test' };
  const config = readConfig({ ...base, ...environment });
  const app = await createApp(config);
  const demo = await prepareDemo(app);
  await app.listen(port, '127.0.0.1');
  return { app, demo, issuer: config.issuer };
}
