import type { RequestContext } from '../request/request-context.js';
import { AskedElsewhere } from './asked-elsewhere.js';

/** Whether a request line, with a `Host` header, is for what is elsewhere. */
function isElsewhere(line: string, host: string, origins: readonly string[] = []): boolean {
  const [method, url] = line.split(' ');
  return new AskedElsewhere(origins).isAskedBy({
    method,
    url,
    header: () => host,
  } as unknown as RequestContext);
}

it.each([
  ['CONNECT a.example:443', 'a.example:443'],
  ['CONNECT api.example:443', 'api.example:443'],
  ['GET http://elsewhere.example/', 'api.example'],
  ['GET http://elsewhere.example', 'api.example'],
  ['GET HTTP://ELSEWHERE.example:80?q', 'api.example'],
  ['GET http://api.example@elsewhere.example/', 'api.example'],
  ['GET http://a@api.example@elsewhere.example/', 'api.example'],
  ['GET http://elsewhere.example#@api.example/', 'api.example'],
  ['GET ftp://elsewhere.example/x', 'api.example'],
  ['GET http://[2001:db8::1]/', 'api.example'],
  ['GET http:///', 'api.example'],
  ['GET http://azenv.net/', 'azenv.net'],
  ['GET http://WWW.google.com.:80/', 'www.google.com'],
])('%s is for a proxy, with Host: %s', (line, host) => {
  expect(isElsewhere(line, host)).toBe(true);
});

it.each([
  ['GET /', 'api.example'],
  ['GET //elsewhere.example/', 'api.example'],
  ['GET /http://elsewhere.example/', 'api.example'],
  ['GET /?url=http://elsewhere.example/', 'api.example'],
  ['OPTIONS *', 'api.example'],
  ['GET http://api.example/', 'api.example'],
  ['GET http://API.example:80/x', 'api.example.'],
  ['GET https://name@api.example/', 'api.example:8443'],
  ['GET http://[2001:db8::1]:3000/', '[2001:db8::1]:3000'],
  ['GET http://127.0.0.1:3000/', '127.0.0.1:3000'],
])('%s is not, with Host: %s', (line, host) => {
  expect(isElsewhere(line, host)).toBe(false);
});

it('where our names are known, they count, and no Host', () => {
  const ours = ['https://api.example/v1', 'https://www.example'];
  expect(isElsewhere('GET http://other.example/', 'other.example', ours)).toBe(true);
  expect(isElsewhere('GET http://www.example:8080/', 'other.example', ours)).toBe(false);
  expect(isElsewhere('GET http://API.example/', 'API.example', ours)).toBe(false);
});
