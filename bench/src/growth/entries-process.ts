import { growthByEntries } from './entries.js';

process.once('message', async ({ rounds }: { readonly rounds: number }) => {
  process.send?.(await growthByEntries(rounds));
});
process.on('disconnect', () => process.exit());
