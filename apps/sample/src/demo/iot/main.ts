import { setTimeout } from 'node:timers/promises';
import { runIotDemo } from './iot-demo.js';

const [issuer] = process.argv.slice(2);
if (issuer === undefined) {
  console.error('npm run demo:iot -- <issuer>, such as http://localhost:3000');
  process.exit(1);
}
await runIotDemo({ issuer, rounds: 2, pause: (seconds) => setTimeout(seconds * 1000) }, console.log);
