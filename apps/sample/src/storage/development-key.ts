import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A key-encryption key in the folder of the data, made when it is missing, so that nothing has to be configured to try the app. In
 * production the key comes from elsewhere: whoever gets the data must not get it, too.
 */
export function developmentKey(folder: string): string {
  const path = join(folder, 'development.key');
  const draft = join(folder, `.${randomUUID()}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(draft, randomBytes(32).toString('base64'), { mode: 0o600 });
  try {
    // Of several processes one is the first, and none sees half a key.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, 'utf8');
}
