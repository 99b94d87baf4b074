import { setTimeout } from 'node:timers/promises';
import { runDemo } from '../run-demo.js';
import { runIotDemo } from './iot-demo.js';

const [issuer] = process.argv.slice(2);
if (issuer === undefined) {
  console.error('npm run demo:iot -- <issuer>, such as http://localhost:3000');
  process.exit(1);
}
const pause = (seconds: number) => setTimeout(seconds * 1000);
await runDemo(() => runIotDemo({ issuer, rounds: 2, pause }, console.log));
