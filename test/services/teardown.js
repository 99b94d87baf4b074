import { rmSync } from 'node:fs';

export default function teardown() {
  rmSync(process.env.PORTCULLIS_TESTED_ENGINES ?? '', { recursive: true, force: true });
}
