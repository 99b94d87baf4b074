import {
  All,
  Controller,
  Get,
  type INestApplication,
  Module,
  RequestMethod,
  type Type,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { PortcullisModule, Public } from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import type { Platform } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** A handler for whatever nobody else takes, as each platform writes it. */
function catchAll(platform: Platform, method: typeof All): Type {
  @Public()
  @Controller()
  class CatchAllController {
    @method(platform === 'express' ? '*path' : '*')
    any() {
      return 'caught';
    }
  }
  return CatchAllController;
}

/** The app's own module, which its routes are under. */
@Module({ controllers: [PlainRoutesController] })
class RoutesModule {}

const documents = ['jwks.json', 'oauth-authorization-server', 'oauth-protected-resource'];
const versioning = (options: Parameters<INestApplication['enableVersioning']>[0]) => ({
  prepare: (app: INestApplication) => app.enableVersioning(options),
});
const prefix = (...parameters: Parameters<INestApplication['setGlobalPrefix']>) => ({
  prepare: (app: INestApplication) => app.setGlobalPrefix(...parameters),
});

describeOnPlatforms('what an app on %s says of itself', (running) => {
  it.each<[string, object]>([
    ['nothing in particular', {}],
    ['versions in the URL', versioning({ type: VersioningType.URI, defaultVersion: '1' })],
    ['several versions', versioning({ type: VersioningType.URI, defaultVersion: ['1', VERSION_NEUTRAL] })],
    ['versions in a header', versioning({ type: VersioningType.HEADER, header: 'v', defaultVersion: '1' })],
    [
      'versions in a media type',
      versioning({ type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' }),
    ],
    [
      'versions of its own',
      versioning({ type: VersioningType.CUSTOM, extractor: () => '2', defaultVersion: '1' }),
    ],
    ['a prefix', prefix('api')],
    ['a prefix but for these', prefix('api', { exclude: ['.well-known/*path'] })],
    [
      'a prefix but for one route',
      prefix('api', { exclude: [{ path: 'public', method: RequestMethod.GET }] }),
    ],
    [
      'a prefix and versions',
      {
        prepare: (app: INestApplication) =>
          app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
      },
    ],
    [
      'a path for each module',
      {
        imports: [
          RoutesModule,
          RouterModule.register([
            { path: 'inner', module: RoutesModule },
            { path: 'access', module: PortcullisModule },
          ]),
        ],
      },
    ],
    ['a catch-all', { controllers: [catchAll(running.platform, All)] }],
    ['a catch-all for GET', { controllers: [catchAll(running.platform, Get)] }],
  ])('is at the root where it routes by %s', async (_, parts) => {
    await running.start({ portcullis: { tokens: ownTokens, bans: noStrikes }, ...parts });
    for (const name of documents) {
      const response = await running.get(`/.well-known/${name}`);
      expect([name, response.status]).toEqual([name, 200]);
      expect(Object.keys((await response.json()) as object)).toContainEqual(
        expect.stringMatching(/^(keys|issuer|resource)$/),
      );
    }
  });

  it('leaves the rest of that folder, and other methods, to the app', async () => {
    await running.start({
      portcullis: { tokens: ownTokens },
      controllers: [catchAll(running.platform, All)],
    });
    const texts = [
      await running.get('/.well-known/security.txt'),
      await running.get('/.well-known/oauth-protected-resources'),
      await running.get('/other/.well-known/jwks.json'),
      await running.get('/public?next=/.well-known/jwks.json'),
      await running.send('POST', '/.well-known/jwks.json', {}),
    ].map((response) => response.text());
    expect(new Set(await Promise.all(texts))).toEqual(new Set(['caught']));
  });

  it('names no document that it does not have', async () => {
    await running.start({ portcullis: {}, controllers: [catchAll(running.platform, All)] });
    for (const name of documents)
      expect(await (await running.get(`/.well-known/${name}`)).text()).toBe('caught');
  });

  it('says where its keys are, and there they are, also where its issuer has a path', async () => {
    const issuer = { url: 'https://api.example/tenants/a/b/' };
    await running.start({ portcullis: { tokens: { ...ownTokens, issuer }, bans: noStrikes } });
    const metadata = await running.get('/.well-known/oauth-authorization-server/tenants/a/b/');
    const { jwks_uri } = (await metadata.json()) as { jwks_uri: string };
    expect(await running.statusOf(new URL(jwks_uri).pathname)).toBe(200);
    expect(await running.statusOf('/.well-known/jwks.json')).toBe(200);
  });

  it('is where challenges lead to, also where its resource has a path and a query', async () => {
    const resource = 'https://api.example/tenants/a?depot=7';
    await running.start({
      portcullis: { tokens: { ...ownTokens, resource }, bans: noStrikes },
      controllers: [PlainRoutesController],
    });
    const challenge = (await running.get('/user')).headers.get('www-authenticate') ?? '';
    const { pathname, search } = new URL(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '');
    expect(pathname + search).toBe('/.well-known/oauth-protected-resource/tenants/a?depot=7');
    expect(await (await running.get(pathname + search)).json()).toMatchObject({ resource });
  });

  it('is shown to pages of any origin, and by its head alone to who asks for that', async () => {
    await running.start({ portcullis: { tokens: ownTokens } });
    const got = await running.get('/.well-known/jwks.json', { origin: 'https://elsewhere.example' });
    expect(got.headers.get('access-control-allow-origin')).toBe('*');
    const head = await running.send('HEAD', '/.well-known/jwks.json', {});
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(String((await got.text()).length));
  });

  it("is no part of the app's OpenAPI document", async () => {
    await running.start({ portcullis: { tokens: ownTokens }, controllers: [PlainRoutesController] });
    const { paths } = SwaggerModule.createDocument(running.app, new DocumentBuilder().build());
    expect(Object.keys(paths)).toContain('/public');
    expect(Object.keys(paths).filter((path) => path.includes('well-known'))).toEqual([]);
  });
});
