import { runDemo } from '../run-demo.js';
import { runClientDemo } from './client-demo.js';

const [issuer, resource, api] = process.argv.slice(2);
if (issuer === undefined) {
  console.error('npm run demo:client -- <issuer> [<resource> <URL to call>]');
  process.exit(1);
}
await runDemo(() =>
  runClientDemo({ issuer, ...(resource && { resource }), ...(api && { api }) }, console.log),
);
