import {
  Body,
  Controller,
  type INestApplication,
  Post,
  Query,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  InputLimitsGuard,
  PortcullisAdminModule,
  PortcullisLeakReportsModule,
  PortcullisPersonalTokensModule,
  Public,
} from '@portcullis/auth';
import { Type } from 'class-transformer';
import { IsOptional, IsString, ValidateNested } from 'class-validator';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { LineKeeper } from '../support/line-keeper.js';
import { describeOnPlatforms, type RunningApp } from '../support/running-app.js';

class NodeDto {
  @IsOptional()
  @IsString()
  readonly name?: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => NodeDto)
  readonly children?: NodeDto[];
}

@Public()
@UseGuards(new InputLimitsGuard())
@Controller('guarded')
class GuardedController {
  @Post('tree')
  tree(@Body() { children }: NodeDto) {
    return children?.length ?? 0;
  }

  @Post('search')
  search(@Query() { name }: NodeDto) {
    return name ?? '';
  }
}

@Public()
@UseGuards(new InputLimitsGuard({ maxDepth: 2, maxValues: 3 }))
@Controller('little')
class LittleController {
  @Post()
  take(@Body() _: object) {
    return 'in';
  }
}

const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const objects = (levels: number, name = 'a') => `${`{"${name}":`.repeat(levels)}1${'}'.repeat(levels)}`;
const mixture = (levels: number) => `${'[{"children":'.repeat(levels)}1${'}]'.repeat(levels)}`;
const repeated = (count: number, text: string) => Array.from({ length: count }, () => text).join(',');
const names = (count: number) =>
  `{${Array.from({ length: count }, (_, index) => `"n${index}":1`).join(',')}}`;

const attacks: [string, string][] = [
  ['2,000 lists', lists(2_000)],
  ['2,000 objects', objects(2_000)],
  ['a name of 2,000 lists', `{"name":${lists(2_000)}}`],
  ['metadata of 2,000 objects', `{"metadata":${objects(2_000)}}`],
  ['500 nodes', objects(500, 'children')],
  ['1,000 lists and objects in turn', mixture(1_000)],
  ['100 KB of lists', lists(50_000)],
  ['100 KB of objects', objects(16_000)],
  ['100 KB of empty objects', `[${repeated(33_000, '{}')}]`],
  ['100 KB of names', names(9_000)],
  ['a list of 30,000 figures', `{"name":[${repeated(30_000, '1')}]}`],
  ['many lists of many objects', `{"children":[${repeated(90, `[${repeated(300, '{}')}]`)}]}`],
  ['a constructor of its own', '{"name":{"constructor":1}}'],
  ['a list with a constructor of its own', '[{"constructor":{"name":"x"}}]'],
  ['a toString of its own', '{"name":"a","children":[{"name":{"toString":1,"valueOf":1}}]}'],
  ['a hasOwnProperty of its own', '{"hasOwnProperty":1}'],
];

/** What a framework makes of a query is the app's to say. */
const parseQuery = (text: string) =>
  JSON.parse(new URLSearchParams(text).get('json') ?? '{}') as Record<string, unknown>;

async function startWith(running: RunningApp, prepare: (app: INestApplication) => void, logger: LineKeeper) {
  const isExpress = running.platform === 'express';
  await running.start({
    portcullis: {
      tokens: ownTokens,
      bans: noStrikes,
      apiKeys: { personalTokens: { scopesOf: async () => [] } },
    },
    imports: [
      PortcullisAdminModule.register(),
      PortcullisPersonalTokensModule.register(),
      PortcullisLeakReportsModule.register(),
    ],
    controllers: [GuardedController, LittleController],
    rawBody: true,
    logger,
    adapter: isExpress
      ? new ExpressAdapter()
      : new FastifyAdapter({ routerOptions: { querystringParser: parseQuery } }),
    prepare: (app) => {
      if (isExpress) app.getHttpAdapter().getInstance().set('query parser', parseQuery);
      prepare(app);
    },
  });
}

describeOnPlatforms('what callers send to an app on %s', (running) => {
  const logger = new LineKeeper();
  const admin = () =>
    userWith(running.app, ['keys:admin', 'bans:admin', 'tokens:admin', 'audit:read'], 'root');

  beforeAll(() =>
    startWith(
      running,
      (app) =>
        app.useGlobalPipes(
          new ValidationPipe({
            transform: true,
            whitelist: true,
            forbidNonWhitelisted: true,
            validateCustomDecorators: true,
          }),
        ),
      logger,
    ),
  );

  describe.each([
    '/guarded/tree',
    '/admin/api-keys',
    '/admin/api-keys/x/rotate',
    '/admin/bans',
    '/admin/bans/import',
    '/admin/revocations',
    '/personal-tokens',
  ])('is too much for POST %s', (path) => {
    it.each(attacks)('as %s', async (_, body) => {
      const response = await running.send('POST', path, await admin(), body);
      expect(response.status).toBe(400);
      expect(await problemIn(response)).toMatchObject({ status: 400, code: 'malformed_request' });
    });
  });

  it.each([
    '/admin/api-keys',
    '/admin/bans',
    '/admin/bans/why',
    '/admin/bans/export',
    '/admin/audit',
    '/personal-tokens',
  ])('is too much for GET %s where the query of the app can hold it', async (path) => {
    for (const json of [
      lists(400),
      objects(400),
      '{"limit":{"toString":1}}',
      '{"cursor":{"constructor":1}}',
    ]) {
      const response = await running.get(`${path}?json=${encodeURIComponent(json)}`, await admin());
      expect(response.status).toBe(400);
      expect(await problemIn(response)).toMatchObject({ code: 'malformed_request' });
    }
  });

  it('is too much in the query of a handler', async () => {
    const search = (json: string) =>
      running.send('POST', `/guarded/search?json=${encodeURIComponent(json)}`, {}, {});
    expect((await search('{"name":"a"}')).status).toBe(201);
    expect((await problemIn(await search(objects(400, 'children')))).code).toBe('malformed_request');
  });

  it.each([
    ['100 KB of lists', lists(50_000)],
    ['100 KB of objects', objects(16_000)],
    ['a constructor', '[{"token":{"constructor":1}}]'],
  ])('is never walked in a leak report: %s', async (_, body) => {
    const response = await running.send('POST', '/leak-reports', {}, body);
    expect(response.status).toBe(403);
  });

  it('leaves no stack in the log', () => {
    expect(logger.lines.filter((line) => line.includes('Error'))).toEqual([]);
  });

  it('is let through up to the limits', async () => {
    const statusOf = async (path: string, body: string) =>
      (await running.send('POST', path, await admin(), body)).status;
    expect(await statusOf('/guarded/tree', `{"children":[${repeated(499, '{"name":"a"}')}]}`)).toBe(201);
    expect(await statusOf('/guarded/tree', objects(31, 'children').replace('1', '{}'))).toBe(201);
    const key = { appId: 'a', name: 'a', scopes: [], metadata: JSON.parse(objects(31)) };
    expect(await statusOf('/admin/api-keys', JSON.stringify(key))).toBe(201);
    expect(await statusOf('/little', '{"a":{"b":1},"c":2}')).toBe(201);
    expect(await statusOf('/little', '{"a":{"b":{}}}')).toBe(400);
    expect(await statusOf('/little', '[1,2,3,4]')).toBe(400);
  });
});
