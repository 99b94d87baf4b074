import type { IncomingMessage, ServerResponse } from 'node:http';
import { BanService } from '@portcullis/auth';
import { MountedServers } from '@portcullis/auth/internal';
import { ownTokens } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

const VERDICT = 'the secret is right';

describeOnPlatforms('what a mounted server answers on %s', (running) => {
  const ways: Record<string, (response: ServerResponse) => void> = {
    'at once': (response) => response.end(VERDICT),
    'behind a head': (response) => response.writeHead(200, { 'X-Verdict': VERDICT }).end(VERDICT),
    'in parts': (response) => {
      response.write(VERDICT.slice(0, 4));
      response.end(VERDICT.slice(4));
    },
    'in parts, behind a head': (response) => {
      response.writeHead(200, { 'X-Verdict': VERDICT });
      response.write(VERDICT);
      response.end();
    },
  };
  let meanwhile: () => Promise<unknown>;

  beforeAll(async () => {
    await running.start({
      portcullis: { trustedProxies: ['127.0.0.1'], tokens: ownTokens },
      controllers: [PlainRoutesController],
    });
    running.app.get(MountedServers).mount({
      handlerAt: (path) => (path.startsWith('/mounted/') ? path : undefined),
      answer: async (_, raw: IncomingMessage, response) => {
        await meanwhile();
        ways[decodeURIComponent(raw.url?.split('/')[2] ?? '')]?.(response);
      },
    });
  });

  it.each(Object.keys(ways))('%s is withheld from whoever was banned meanwhile', async (way) => {
    const address = `203.0.113.${Object.keys(ways).indexOf(way) + 1}`;
    const ask = async () => {
      const path = `/mounted/${encodeURIComponent(way)}`;
      const answer = await running.fetch(path, { headers: { 'x-forwarded-for': address } });
      return { status: answer.status, header: answer.headers.get('x-verdict'), body: await answer.text() };
    };
    meanwhile = () => Promise.resolve();
    expect(await ask()).toMatchObject({ status: 200, body: VERDICT });
    meanwhile = () => running.app.get(BanService).ban(address, { reason: 'guesses', seconds: 60 });
    const { status, header, body } = await ask();
    expect([status, header, JSON.parse(body).code]).toEqual([403, null, 'address_banned']);
  });
});
