import { generateKeyPairSync } from 'node:crypto';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/signed-requests.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { PartnersController } = await load('partners.controller.ts');
const { signedRequest } = await load('partner.ts');

afterAll(laidOut.remove);

it.each(platforms)('a partner signs a request as the guide says, on %s', async (platform) => {
  const { app, url } = await boot(platform, { imports: [AppModule] }, { rawBody: true });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' });
  const { key } = await app.get(PartnersController).letIn('depot', jwk);
  const request = await signedRequest(key, privateKey, 'https://api.example/parcels', { weight: 7 });
  const send = (changes: object = {}) => fetch(`${url}/parcels`, { ...request, ...changes });
  expect((await send({ body: '{"weight":9}' })).status).toBe(401);
  const response = await send();
  expect([response.status, await response.json()]).toEqual([201, { taken: { weight: 7 } }]);
  expect((await send()).status).toBe(401);
  await app.close();
});
