import { addSecondFactor } from './step-up.js';

const [url = '', token = ''] = process.argv.slice(2);
console.log((await addSecondFactor(url, token)).token);
