import type { PortcullisOptions } from './portcullis.options.js';

/** What tells an app from others, and is the same for all its instances. What can not be a name is refused elsewhere. */
export function appNameOf({ name, tokens }: PortcullisOptions): string | undefined {
  return [name, tokens?.issuer?.url, tokens?.audience].find(
    (candidate) => typeof candidate === 'string' && candidate !== '',
  );
}
