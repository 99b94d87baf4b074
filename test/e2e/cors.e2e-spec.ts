import { Controller, Get, type MiddlewareConsumer, Module, type NestModule, Param } from '@nestjs/common';
import { BanService, RequireUser } from '@portcullis/auth';
import { eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

const origin = 'https://shop.example';

@Controller('parcels')
class ParcelsController {
  @RequireUser()
  @Get()
  list() {
    return [];
  }
}

@Controller()
class FilesController {
  @RequireUser()
  @Get('files/:name')
  file(@Param('name') name: string) {
    return { name };
  }

  @RequireUser()
  @Get('mirror/*')
  mirror() {
    return [];
  }
}

describeOnPlatforms('CORS on %s', (running) => {
  const preflight = (path: string, headers = {}) =>
    running.fetch(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
        ...headers,
      },
    });

  beforeEach(() =>
    running.start({
      portcullis: { tokens: ownTokens, bans: { ...eachRefusal, strikeLimit: 1, privateAddresses: true } },
      controllers: [ParcelsController],
      prepare: (created) => created.enableCors({ origin }),
    }),
  );

  it('a preflight is answered without a credential', async () => {
    const response = await preflight('/parcels');
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('a preflight is answered to a banned address too; the request that follows it is refused', async () => {
    await running.app.get(BanService).ban('127.0.0.1', { reason: 'test' });
    expect((await preflight('/parcels')).status).toBe(204);
    expect((await running.fetch('/parcels', { headers: { origin } })).status).toBe(403);
  });

  /** Strikes for what was asked, and not for its being nowhere. */
  const scans = () => running.events.of('address.struck').filter(({ rule }) => rule !== 'path-probing');

  it('a preflight is no strike, not even for a path that does not exist', async () => {
    for (const path of ['/parcels', '/no-such-path', '/no-such-path']) await preflight(path);
    const response = await running.fetch('/parcels', {
      headers: { origin, ...(await userWith(running.app)) },
    });
    expect(response.status).toBe(200);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);
  });

  it('a preflight is a strike by the rules that look at what it asks for', async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { privateAddresses: true } },
      controllers: [ParcelsController, FilesController],
      prepare: (created) => created.enableCors({ origin }),
    });
    // Files that a route takes are honest, whatever they are called.
    for (const name of ['a.sql', 'b.pem', 'c.php', '.env']) await preflight(`/files/${name}`);
    expect(running.events.of('address.struck')).toEqual([]);
    await running.fetch('/.git/config', { method: 'OPTIONS' });
    await preflight('/.env');
    await preflight('/.env');
    await preflight('/.env?and=more');
    expect(scans().map(({ rule, total }) => [rule, total])).toEqual([
      ['telltale-path', 50],
      ['project-file', 70],
      ['telltale-path', 120],
    ]);
    expect((await running.fetch('/parcels')).status).toBe(403);
  });

  it('a preflight is a strike by what is in it', async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { privateAddresses: true } },
      controllers: [ParcelsController, FilesController],
      prepare: (created) => created.enableCors({ origin }),
    });
    await preflight("/parcels?id=1'%20or%20'1'='1");
    await preflight('/parcels', { 'user-agent': 'sqlmap/1.7' });
    await preflight('/wp-login.php');
    expect(scans().map(({ rule }) => rule)).toEqual([
      ...['likely-payload', 'likelier-payload', 'hinted-payload', 'scanner-agent'],
      ...['foreign-console', 'foreign-file', 'foreign-technology'],
    ]);
  });

  it('a preflight is a strike also where its path can not be decoded', async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { privateAddresses: true } },
      controllers: [ParcelsController, FilesController],
      prepare: (created) => created.enableCors({ origin }),
    });
    await preflight('/files/%zz', { 'user-agent': 'sqlmap/1.7' });
    expect(scans().map(({ rule }) => rule)).toEqual(['scanner-agent']);
  });

  it.each(['*', '{*splat}', '/'])('middleware for all paths (%s) makes no route of any', async (paths) => {
    @Module({})
    class LoggingModule implements NestModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply((_request: unknown, _response: unknown, next: () => void) => next()).forRoutes(paths);
      }
    }
    await running.start({
      portcullis: { tokens: ownTokens, bans: { privateAddresses: true } },
      imports: [LoggingModule],
      controllers: [ParcelsController, FilesController],
      prepare: (created) => created.enableCors({ origin }),
    });
    await preflight('/files/a.env');
    await preflight('/.env');
    expect(scans().map(({ rule }) => rule)).toEqual(['telltale-path', 'project-file']);
  });

  it('a browser may read why a request was refused', async () => {
    const response = await running.fetch('/parcels', { headers: { origin } });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  });
});

describeOnPlatforms('without CORS on %s', (running) => {
  it.each([
    [
      'a browser sends for a method that the path has',
      { origin, 'access-control-request-method': 'GET' },
      [],
    ],
    [
      'a browser sends for another one',
      { origin, 'access-control-request-method': 'DELETE' },
      ['/mirror/a/b/c.env'],
    ],
    ['is no preflight', {}, ['/mirror/a/b/c.env']],
  ])('OPTIONS that %s is a strike where that one would be', async (_, headers, more) => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { privateAddresses: true, strikeLimit: 1_000 } },
      controllers: [FilesController],
    });
    for (const path of ['/mirror/a/b/c.env', '/.aws/credentials', '/files/of/nobody.env'])
      expect((await running.fetch(path, { method: 'OPTIONS', headers })).status).toBe(404);
    const struck = running.events.of('address.struck').filter(({ rule }) => rule === 'telltale-path');
    const paths = struck.map(({ request }) => request.path);
    expect(paths).toEqual([...more, '/.aws/credentials', '/files/of/nobody.env']);
  });

  it('a preflight of an unknown path is no strike', async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { ...eachRefusal, strikeLimit: 1, privateAddresses: true } },
    });
    const headers = { origin, 'access-control-request-method': 'GET' };
    expect((await running.fetch('/nowhere', { method: 'OPTIONS', headers })).status).toBe(404);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);
  });
});
