import { readText } from './remote-text.js';

/** Key sets and metadata are a few kilobytes. */
const MAX_BYTES = 262_144;
const TIMEOUT_MS = 3_000;

/**
 * Fetches a JSON document from a server that is trusted for its content and for nothing else: no redirects, at most
 * 256 KiB, at most 3 seconds for all of it.
 *
 * @throws Error saying what was wrong with the answer
 */
export async function fetchJson(url: URL): Promise<unknown> {
  const response = await fetch(url, {
    // Compressed, 256 KiB could stand for gigabytes.
    headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200 || response.headers.has('content-encoding')) {
    await response.body?.cancel();
    throw new Error(`${url.href} answered ${response.status}`);
  }
  const text = (await readText(response, MAX_BYTES)).join('');
  try {
    return JSON.parse(text);
  } catch {
    // The cause would quote what was answered.
    throw new Error(`${url.href} answered no JSON`);
  }
}
