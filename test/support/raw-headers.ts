import { request } from 'node:http';
import type { ProblemBody } from './http.js';

/** The answer to a GET with just these header lines, in this order, as often as they stand there; and with this target. */
export function sendRaw(
  url: string,
  target: string,
  lines: readonly (readonly [string, string])[],
): Promise<{ status: number; body: Partial<ProblemBody> }> {
  const { hostname, port, host } = new URL(url);
  const all = lines.some(([name]) => name === 'Host') ? lines : [['Host', host] as const, ...lines];
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path: target, headers: all.flat() as never, agent: false });
    sent.on('error', reject);
    sent.on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode as number, body: text.startsWith('{') ? JSON.parse(text) : {} });
    });
    sent.end();
  });
}
