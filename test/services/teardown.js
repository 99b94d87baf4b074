import { rmSync } from 'node:fs';

export default function teardown() {
  const { PORTCULLIS_TESTED_ENGINES = '', PORTCULLIS_POSTGRES_CLUSTER = '' } = process.env;
  for (const folder of [PORTCULLIS_TESTED_ENGINES, PORTCULLIS_POSTGRES_CLUSTER])
    rmSync(folder, { recursive: true, force: true });
}
