import { PortcullisModule } from '@portcullis/auth';
import { importFrom, layOut } from '../support/pages.js';
import { boot } from '../support/platforms.js';

const PAGE = 'docs/guides/api-keys.md';
const laidOut = await layOut(PAGE);
const legacyKeys = await importFrom(laidOut, PAGE)('legacy-keys.ts');

afterAll(laidOut.remove);

it('shows options for older keys that the module accepts', async () => {
  const { app } = await boot('express', { imports: [PortcullisModule.forRoot(legacyKeys)] });
  await app.close();
});
