import { OAuthClients } from '@portcullis/auth';
import { problemIn } from '../support/http.js';
import { LineKeeper } from '../support/line-keeper.js';
import { rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('a secret of a client in a URL on %s', (running) => {
  const server = new ServerUnderTest(running);
  const logger = new LineKeeper();
  let secret: string;
  let clientId: string;

  beforeEach(async () => {
    await server.start({ boot: { logger } as never });
    const made = await running.app.get(OAuthClients).create({ name: 'Robot', kind: 'machine', scopes: [] });
    clientId = made.clientId;
    secret = made.secret as string;
  });
  const encoded = (text: string) =>
    [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
  const places: [string, () => string][] = [
    ['at the token endpoint', () => `POST /oauth/token?client_id=${clientId}&client_secret=${secret}`],
    ['of a page of the server', () => `GET /oauth/authorize?client_secret=${secret}`],
    ['of a route of the app', () => `GET /me?whatever=${secret}`],
    ['of a route that there is not', () => `GET /nowhere?k=${secret}`],
    ['percent-encoded', () => `GET /me?k=${encoded(secret)}`],
    ['in the path', () => `GET /parcels/${secret}`],
  ];

  it.each(places)('%s is refused, is reported by its id, and is shown nowhere', async (_, line) => {
    const answer = await rawRequest(running.url, line(), []);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_request' });
    const [, , id] = secret.split('_');
    expect(await running.events.first('credential.leaked')).toMatchObject([
      { credential: 'client-secret', leak: 'url', id, request: { address: '127.0.0.1' } },
    ]);
    await running.events.first('request.refused');
    const shown = JSON.stringify([running.events.all, logger.lines, answer]).toLowerCase();
    for (const text of [secret.slice(-49), encoded(secret.slice(-49))])
      expect(shown).not.toContain(text.toLowerCase());
  });

  it('is refused as well where it is nobody’s any more, and names nobody', async () => {
    await running.app.get(OAuthClients).delete(clientId);
    expect((await problemIn(await running.fetch(`/me?k=${secret}`))).code).toBe('invalid_request');
    const [leaked] = await running.events.first('credential.leaked');
    expect(leaked).toMatchObject({ credential: 'client-secret' });
    expect(leaked).not.toHaveProperty('id');
  });

  it('is named as often as it comes at the same time', async () => {
    await Promise.all(Array.from({ length: 5 }, () => running.fetch(`/me?k=${secret}`)));
    await running.events.first('credential.leaked', 5);
    const [, , id] = secret.split('_');
    expect(running.events.of('credential.leaked').map((event) => event.id)).toEqual(Array(5).fill(id));
  });

  it('of whatever form, under its name, is refused by the server alone', async () => {
    const response = await running.fetch(`/oauth/token?client_secret=${SECRET}`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'robot' }),
    });
    expect((await problemIn(response)).code).toBe('invalid_request');
    expect((await running.fetch(`/nowhere?client_secret=${SECRET}`)).status).toBe(404);
    expect(JSON.stringify([running.events.all, logger.lines])).not.toContain(SECRET);
  });
});
