import type { IncomingMessage } from 'node:http';
import { screenIsRead } from '../../../libs/auth/dist/bans/signatures/payload-screen.js';
import { StrikeJudge } from '../../../libs/auth/dist/bans/strike-judge.js';
import { ClientIp } from '../../../libs/auth/dist/net/client-ip.js';
import { RequestContext } from '../../../libs/auth/dist/request/request-context.js';
import { flatText } from '../flat-text.js';
import type { MicroRow } from '../results.js';
import { GuardedApp } from './guarded-app.js';
import { compare } from './measure.js';

/** What a browser sends. */
const HEADERS = {
  host: 'api.example.com',
  connection: 'keep-alive',
  accept: 'application/json, text/plain, */*',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en-GB,en;q=0.9,de;q=0.8',
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  referer: 'https://shop.example.com/catalogue/items?page=2',
  'sec-fetch-site': 'same-origin',
};

interface Request {
  /** By the number of the call. */
  readonly url: (index: number) => string;
  readonly headers?: (index: number) => Readonly<Record<string, string>>;
  /** Of a route that takes it; a 404 where there is none. */
  readonly route?: string;
  /** In a round. */
  readonly calls?: number;
}

const REQUESTS: Readonly<Record<string, Request>> = {
  'a URL of before': { url: () => '/orders/17?page=2', route: '/orders/:id' },
  'a new URL': { url: (index) => `/orders/${index}?page=2&sort=-name&q=red+shoes`, route: '/orders/:id' },
  'a new URL with a UUID and times': {
    url: (index) => `/users/6fa459ea-ee8a-3ca4-894e-${index}?from=2024-01-01T10%3A00%3A00.000Z&to=2024-02-01`,
    route: '/users/:id',
  },
  'a new URL with JSON in it': {
    url: (index) =>
      `/find/${index}?filter=%7B%22name%22%3A%22Anna%20M%C3%BCller%22%2C%22tags%22%3A%5B%22a%22%5D%7D`,
    route: '/find/:id',
  },
  'a new Referer': {
    url: () => '/orders/17?page=2',
    headers: (index) => ({ ...HEADERS, referer: `https://shop.example.com/items?page=${index}` }),
    route: '/orders/:id',
  },
  'an unknown path, of a new address': { url: (index) => `/missing/${index}` },
  '8 KB of beginnings of elements': {
    url: () => '/orders/17',
    headers: (index) => ({ ...HEADERS, referer: `${'<a "'.repeat(2_000)}${index}` }),
    route: '/orders/:id',
    calls: 20,
  },
};

/** What it costs to judge a request by the default rules, once its answer is decided, beside a bare look for its URL in a map. */
export async function measureJudging(rounds: number): Promise<MicroRow[]> {
  const guarded = await GuardedApp.start();
  await screenIsRead();
  const judge = guarded.app.get(StrikeJudge, { strict: false });
  const clientIp = guarded.app.get(ClientIp, { strict: false });
  const rows: MicroRow[] = [];
  for (const [name, request] of Object.entries(REQUESTS)) {
    const { calls = 1_000 } = request;
    const status = request.route === undefined ? 404 : 200;
    const contexts = Array.from({ length: (rounds + 1) * calls }, (_, index) =>
      contextOf(request, index, clientIp),
    );
    const known = new Map(contexts.slice(0, calls).map(({ url }) => [url, true]));
    let [judged, looked] = [0, 0];
    const subjects = {
      Portcullis: () => judge.judge(contexts[judged++] as RequestContext, status),
      'Map.get': () => known.get((contexts[looked++] as RequestContext).url),
    };
    rows.push(...(await compare(`judging a request, ${name}`, subjects, { rounds, calls })));
  }
  await guarded.close();
  return rows;
}

/** Each text is one that nobody has read before, as those are that a parser makes. */
function contextOf(request: Request, index: number, clientIp: ClientIp): RequestContext {
  const sent = request.headers?.(index) ?? HEADERS;
  const headers = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, flatText(value)]));
  const socket = { remoteAddress: `10.${index >> 16}.${(index >> 8) % 256}.${index % 256}` };
  const head = { method: 'GET', url: flatText(request.url(index)), headers, rawHeaders: [], socket, on() {} };
  const context = RequestContext.begin(head as unknown as IncomingMessage, clientIp);
  context.countForStrikes();
  if (request.route !== undefined) {
    context.meet({ handler: 'Orders.read', traits: {} });
    context.handOver(Object.assign(head, { route: { path: request.route } }) as never);
  }
  // Whoever let it in has asked for it already.
  void context.address;
  return context;
}
