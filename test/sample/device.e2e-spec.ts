import type { INestApplication } from '@nestjs/common';
import { createApp } from '../../apps/sample/src/app.js';
import { readConfig } from '../../apps/sample/src/config.js';
import { runDeviceDemo } from '../../apps/sample/src/demo/device/device-demo.js';
import { DeviceKey } from '../../apps/sample/src/demo/device/device-key.js';
import { type Demo, prepareDemo } from '../../apps/sample/src/demo/prepare-demo.js';
import { freePort } from '../support/free-port.js';
import { problemIn } from '../support/http.js';
import { platforms } from '../support/platforms.js';

describe.each(platforms)('a device with a key of its own and the sample on %s', (adapter) => {
  let app: INestApplication;
  let demo: Demo;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    const config = readConfig({ ADAPTER: adapter, PORT: String(port), LOG_LEVEL: 'fatal', NODE_ENV: 'test' });
    app = await createApp(config);
    demo = await prepareDemo(app);
    await app.listen(port, '127.0.0.1');
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(() => app.close());

  it('the demonstration shows that a copied token is of no use', async () => {
    const lines: string[] = [];
    await runDeviceDemo({ url, ...demo.dispatcher }, (line) => lines.push(line));
    expect(lines.filter((line) => /: 401$/.test(line))).toHaveLength(4);
    expect(lines.filter((line) => /: 200\b/.test(line))).toHaveLength(3);
  });

  const logIn = (headers: Record<string, string>, password = demo.dispatcher.password) =>
    fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ username: demo.dispatcher.username, password }),
    });

  it('a login without a proof gives a bearer token, and one with a bad proof none', async () => {
    expect(await (await logIn({})).json()).toMatchObject({ token_type: 'Bearer' });
    const key = await DeviceKey.make();
    for (const proof of ['x', await key.prove({ method: 'POST', url: `${url}/auth/other` })]) {
      const refused = await logIn({ DPoP: proof });
      expect(refused.status).toBe(400);
      expect((await problemIn(refused)).code).toBe('invalid_dpop_proof');
    }
  });

  it('a proof is used up by a login that succeeds, and not by a wrong password', async () => {
    const key = await DeviceKey.make();
    const DPoP = await key.prove({ method: 'POST', url: `${url}/auth/login` });
    expect((await logIn({ DPoP }, 'wrong')).status).toBe(401);
    expect((await logIn({ DPoP })).status).toBe(200);
    expect((await logIn({ DPoP })).status).toBe(400);
  });
});
