import { printable } from '@portcullis/auth';
import { createApp } from './app.js';
import { readConfig } from './config.js';
import { demoScreen } from './demo/demo-screen.js';
import { prepareDemo } from './demo/prepare-demo.js';
import { serveDocs } from './docs.js';
import { inOneLine } from './start-failure.js';

try {
  const config = readConfig(process.env);
  const app = await createApp(config);
  serveDocs(app);
  const demo = await prepareDemo(app);
  await app.listen(config.port, config.host);
  app.flushLogs();
  console.log(demoScreen(await app.getUrl(), config, demo));
} catch (error) {
  const line = inOneLine(error);
  if (line === undefined) throw error;
  console.error(printable(line));
  process.exit(1);
}
