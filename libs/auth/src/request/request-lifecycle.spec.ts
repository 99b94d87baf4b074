import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { SecurityEvents } from '../events/security-events.js';
import { ClientIp } from '../net/client-ip.js';
import { RequestLifecycle } from './request-lifecycle.js';

const HEAD = { method: 'GET', url: '/', headers: {}, rawHeaders: [], socket: {} };

/** A response that emits what it is told to. */
function begun() {
  const response = Object.assign(new EventEmitter(), { statusCode: 200, writableEnded: true });
  const clientIp = new ClientIp({ trustedProxies: [], forwardedHeader: 'X-Forwarded-For' });
  const lifecycle = new RequestLifecycle(
    { events: { accepted: false } } as never,
    clientIp,
    new SecurityEvents(),
  );
  const settled: number[] = [];
  lifecycle.onSettled((_, status) => {
    settled.push(status);
  });
  lifecycle.settleAtTheEnd(lifecycle.begin(HEAD), response as unknown as ServerResponse);
  return { response, settled };
}

it.each([[['finish']], [['close']], [['finish', 'close']], [['close', 'finish']]])(
  'settles a request once, by whichever signals its response gives: %s',
  (signals) => {
    const { response, settled } = begun();
    for (const signal of signals) response.emit(signal);
    expect(settled).toEqual([200]);
  },
);
