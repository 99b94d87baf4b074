import 'reflect-metadata';
import { manyAddresses } from './many-addresses.js';

process.once('message', async ({ addresses }: { readonly addresses: number }) => {
  process.send?.(await manyAddresses(addresses));
});
process.on('disconnect', () => process.exit());
