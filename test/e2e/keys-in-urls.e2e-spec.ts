import { Controller, Get, Param } from '@nestjs/common';
import { ApiKeyService, Public, RequireApp } from '@portcullis/auth';
import { noStrikes } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { LineKeeper } from '../support/line-keeper.js';
import { mistyped } from '../support/mistyped.js';
import { rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireApp()
  @Get('app')
  app() {
    return 'in';
  }

  @Public()
  @Get('public/:name')
  everyone(@Param('name') name: string) {
    return name;
  }
}

describeOnPlatforms('an API key in a URL on %s', (running) => {
  const logger = new LineKeeper();
  let key: string;
  let id: string;

  const start = async () => {
    await running.start({
      portcullis: { bans: noStrikes, apiKeys: { prefix: 'parcel' } },
      controllers: [RoutesController],
      logger,
    });
    ({ key, id } = await running.app.get(ApiKeyService).create({ appId: 'depot', name: 'North' }));
  };

  const encoded = (text: string) =>
    [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
  const places: [string, () => string][] = [
    ['in the query', () => `/app?api_key=${key}`],
    ['in the query under any name', () => `/app?page=2&whatever=${key}`],
    ['in the query of an open route', () => `/public/x?k=${key}`],
    ['in the query of a route that there is not', () => `/nowhere?k=${key}`],
    ['percent-encoded', () => `/app?k=${encoded(key)}`],
    ['in the path', () => `/public/${key}`],
    ['in the path, percent-encoded', () => `/public/${encoded(key)}`],
  ];

  it.each(places)('%s is refused with 400, is reported as leaked, and is shown nowhere', async (_, path) => {
    await start();
    const answer = await rawRequest(running.url, `GET ${path()}`, []);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'invalid_request',
      detail: 'A credential must be sent exactly once, in its header.',
    });
    expect(await running.events.first('credential.leaked')).toMatchObject([
      { credential: 'api-key', leak: 'url', id, request: { address: '127.0.0.1' } },
    ]);
    await running.events.first('request.refused');
    await running.close();
    const secret = key.slice(-49);
    const shown = JSON.stringify([running.events.all, logger.lines, answer]);
    for (const text of [secret, encoded(secret)])
      expect(shown.toLowerCase()).not.toContain(text.toLowerCase());
  });

  it('is refused also where the right one is in the header', async () => {
    await start();
    const response = await running.fetch(`/app?k=${key}`, { headers: { 'x-api-key': key } });
    expect((await problemIn(response)).code).toBe('invalid_request');
  });

  it('that was never made is refused as well, and names nobody', async () => {
    await start();
    const stranger = await running.app.get(ApiKeyService).create({ appId: 'x', name: 'x' });
    await running.app.get(ApiKeyService).revoke(stranger.id);
    const response = await running.fetch(`/app?k=${mistyped(stranger.key)}`);
    // Its checksum is wrong now, so it is no key, and the URL may be what it likes.
    expect(response.status).toBe(401);
    expect(running.events.of('credential.leaked')).toEqual([]);
  });

  describe('that is none of ours', () => {
    beforeAll(start);

    it.each(['api_key', 'apikey', 'API-Key', 'X-API-Key'])(
      'of whatever form, under the name %s, is refused where a key is looked for',
      async (name) => {
        const response = await running.fetch(`/app?${name}=some-older-key`);
        expect((await problemIn(response)).code).toBe('invalid_request');
        expect((await running.fetch(`/public/x?${name}=some-older-key`)).status).toBe(200);
      },
    );

    it('does not make the URL of others suspicious', async () => {
      for (const path of [
        '/public/parcel_live_',
        '/public/100%25',
        '/public/parcel_live_0123456789ABCDEF_x?a=%',
      ]) {
        expect((await running.fetch(path)).status).toBe(200);
      }
    });
  });
});
