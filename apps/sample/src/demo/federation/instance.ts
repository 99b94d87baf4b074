import { createApp } from '../../app.js';
import { readConfig } from '../../config.js';
import { prepareDemo } from '../prepare-demo.js';

// One of the two apps, as its environment has it. It tells whoever has started it when it is there, and ends with them.
const config = readConfig(process.env);
const app = await createApp(config);
const demo = await prepareDemo(app);
await app.listen(config.port, config.host);
app.flushLogs();
process.once('disconnect', () => void app.close());
process.send?.(demo);
