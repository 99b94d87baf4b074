import { bundlePrograms } from './bundle-programs.js';

/** Runs once, before the tests that start processes, and tells them where the programs are. */
export default async function makePrograms() {
  process.env.PORTCULLIS_PROGRAMS = await bundlePrograms();
}
