import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { CREDENTIALS_REQUIRED, PortcullisError } from '../errors.js';
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
  const context = lifecycle.begin(HEAD);
  lifecycle.settleAtTheEnd(context, response as unknown as ServerResponse);
  return { response, settled, context, lifecycle };
}

it.each([[['finish']], [['close']], [['finish', 'close']], [['close', 'finish']]])(
  'settles a request once, by whichever signals its response gives: %s',
  (signals) => {
    const { response, settled } = begun();
    for (const signal of signals) response.emit(signal);
    expect(settled).toEqual([200]);
  },
);

it('settles a request when its answer is decided, and not once more when it is over', () => {
  const { response, settled, context, lifecycle } = begun();
  lifecycle.settle(context, 401);
  response.emit('finish');
  response.emit('close');
  expect(settled).toEqual([401]);
});

it('settles a request when it is refused, before anything is answered', () => {
  const { response, settled, context } = begun();
  context.refuse(new PortcullisError(CREDENTIALS_REQUIRED, 'nobody'));
  expect(settled).toEqual([401]);
  response.emit('finish');
  expect(settled).toEqual([401]);
});
