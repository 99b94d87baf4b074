import { PortcullisConfigurationError } from '@portcullis/auth';
import { StoreError } from '@portcullis/sql';
import { ConfigError } from './config.js';

/** What whoever starts the app can put right, in one line; undefined for a bug, which should keep its stack. */
export function inOneLine(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof StoreError) return error.message;
  if (error instanceof PortcullisConfigurationError) return error.problems.join('; ');
  if (!(error instanceof Error && 'syscall' in error)) return undefined;
  const advice =
    'code' in error && error.code === 'EADDRINUSE' ? '; set PORT to a free one, or to 0 for any' : '';
  return `Cannot listen: ${error.message}${advice}`;
}
