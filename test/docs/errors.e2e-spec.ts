import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { Controller, Get } from '@nestjs/common';
import { PortcullisModule, type Refusal, RequireUser } from '@portcullis/auth';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { blocksOf, readPage, repository } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';
import { rowsUnder } from './page-tables.js';
import { registered } from './source.js';

const INDEX = 'docs/reference/errors.md';
const FOLDER = 'docs/reference/errors';
const refusals = (await registered()).flatMap(({ refusals: own = [] }) => own) as Refusal[];

@Controller('parcels')
class ParcelsController {
  @RequireUser('parcels:read')
  @Get()
  list() {
    return [];
  }
}

it('has a page for each code, and for no other', async () => {
  const pages = (await readdir(join(repository, FOLDER))).map((name) => basename(name, '.md'));
  expect(pages.sort()).toEqual(refusals.map(({ code }) => code).sort());
});

it('has each code in the index, with its status', async () => {
  const rows = await rowsUnder(INDEX, 'Errors');
  const shown = Object.fromEntries(rows.map(([link, status]) => [link, status]));
  const expected = refusals.map(({ code, status }) => [`[\`${code}\`](errors/${code}.md)`, String(status)]);
  expect(shown).toEqual(Object.fromEntries(expected));
  expect(rows).toHaveLength(refusals.length);
});

it.each(refusals.map((refusal) => [refusal.code, refusal] as const))(
  'the page of %s has its title, status and text, and says what is to be done',
  async (code, { title, status, detail }) => {
    const text = await readPage(`${FOLDER}/${code}.md`);
    expect(text.startsWith(`# ${title}\n\n\`${code}\`, status ${status}\n\n> ${detail}\n`)).toBe(true);
    for (const part of ['The client gets.', 'It should.', 'The operator.'])
      expect(text).toContain(`**${part}** `);
  },
);

describe.each(platforms)('a refusal on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    const imports = [PortcullisModule.forRoot({ tokens: ownTokens, bans: noStrikes })];
    ({ app, url } = await boot(platform, { imports, controllers: [ParcelsController] }));
  });

  afterEach(() => app.close());

  it('is answered as shown', async () => {
    const [shown] = (await blocksOf(INDEX)).filter(({ language }) => language === 'json');
    const answer = await fetch(`${url}/parcels`, { headers: await userWith(app) });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(await answer.json()).toEqual({ ...JSON.parse(shown?.text ?? ''), requestId: expect.any(String) });
  });
});
