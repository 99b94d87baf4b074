import { runDemo } from '../run-demo.js';
import { addSecondFactor } from './step-up.js';

const [url = '', token = ''] = process.argv.slice(2);
await runDemo(async () => console.log((await addSecondFactor(url, token)).token));
