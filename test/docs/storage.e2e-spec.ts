import { Test } from '@nestjs/testing';
import { PortcullisModule, type PortcullisOptions } from '@portcullis/auth';
import { importFrom, layOut } from '../support/pages.js';

const PAGE = 'docs/guides/storage.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { storage, closeStorage } = await load('storage.ts');
const { shared } = await load('shared.ts');

afterAll(laidOut.remove);

it('shows stores that outlive the app, and a change feed', async () => {
  // What it is given is checked at boot; nothing is opened before it is asked for.
  const portcullis = (options: PortcullisOptions) =>
    Test.createTestingModule({ imports: [PortcullisModule.forRoot(options)] }).compile();
  for (const options of [storage, shared]) await (await portcullis(options)).close();
  await closeStorage();
});
