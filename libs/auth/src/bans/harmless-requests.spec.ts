import { ClientIp } from '../net/client-ip.js';
import { RequestContext } from '../request/request-context.js';
import { HarmlessRequests } from './harmless-requests.js';

const RULE = { handler: 'Parcels.list', traits: {} };

/** A request over one of some connections. */
function requestOver(socket: object, { url = '/a', method = 'GET', agent = 'a', handler = RULE } = {}) {
  const clientIp = new ClientIp({ trustedProxies: [], forwardedHeader: 'Forwarded' });
  const head = {
    ...{ method, url, socket, headers: { 'user-agent': agent } },
    rawHeaders: ['User-Agent', agent],
  };
  const request = RequestContext.begin(head, clientIp);
  request.meet(handler);
  return request;
}

function warm(requests: HarmlessRequests, socket: object): void {
  requests.note(requestOver(socket), 200);
  requests.note(requestOver(socket), 200);
}

it('are told again over their connection, with the same answer', () => {
  const [requests, socket] = [new HarmlessRequests(), {}];
  expect(requests.has(requestOver(socket), 200)).toBe(false);
  warm(requests, socket);
  expect(requests.has(requestOver(socket), 200)).toBe(true);
});

it.each([
  ['another URL', { url: '/b' }, 200],
  ['another method', { method: 'HEAD' }, 200],
  ['another header', { agent: 'b' }, 200],
  ['another handler', { handler: { ...RULE } }, 200],
  ['another answer', {}, 204],
])('are not those with %s', (_, details, status) => {
  const [requests, socket] = [new HarmlessRequests(), {}];
  warm(requests, socket);
  expect(requests.has(requestOver(socket, details), status)).toBe(false);
});

it('are not those of other connections', () => {
  const [requests, socket, other] = [new HarmlessRequests(), {}, {}];
  warm(requests, socket);
  requestOver(other).keptHeaders;
  expect(requests.has(requestOver(other), 200)).toBe(false);
});
