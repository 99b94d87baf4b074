/** `oidc-provider`, once it is loaded. */
export type ProviderLibrary = typeof import('oidc-provider');

/**
 * Loads `oidc-provider`, which takes a while: apps without this module never do. It wants Node 22, and says so by the console on each start;
 * what we use of it is tested on Node 20.19 as well, so that this one line is left out.
 */
export async function loadProviderLibrary(): Promise<ProviderLibrary> {
  const said = globalThis.console;
  const { warn } = said;
  said.warn = (...words: unknown[]) => {
    if (!/oidc-provider WARNING: Unsupported runtime/.test(String(words[0]))) warn.apply(said, words);
  };
  try {
    return await import('oidc-provider');
  } finally {
    said.warn = warn;
  }
}
