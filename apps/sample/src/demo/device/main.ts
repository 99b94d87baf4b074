import { createApp } from '../../app.js';
import { readConfig } from '../../config.js';
import { freePort } from '../free-port.js';
import { prepareDemo } from '../prepare-demo.js';
import { runDeviceDemo } from './device-demo.js';

const [url, username, password] = process.argv.slice(2);
if (url !== undefined && username !== undefined && password !== undefined) {
  await runDeviceDemo({ url, username, password }, console.log);
} else {
  console.log('(An app of its own; for one that runs: npm run demo:device -- <url> <username> <password>)');
  const port = await freePort();
  const app = await createApp(readConfig({ PORT: String(port), NODE_ENV: 'test', LOG_LEVEL: 'fatal' }));
  const { dispatcher } = await prepareDemo(app);
  await app.listen(port, '127.0.0.1');
  try {
    await runDeviceDemo({ url: `http://127.0.0.1:${port}`, ...dispatcher }, console.log);
  } finally {
    await app.close();
  }
}
