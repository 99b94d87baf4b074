import type { IncomingMessage } from 'node:http';
import { memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { ClientIp } from './client-ip.js';
import { type IpNetwork, isWithin, parseIpNetwork } from './ip-address.js';

function trusting(...trustedProxies: string[]): ClientIp {
  const stores = memoryStores();
  return new ClientIp(resolveOptions({ trustedProxies }, stores));
}

/** A request whose peer is `remoteAddress`, with `X-Forwarded-For` and `X-Forwarded-Proto`. */
function request(
  remoteAddress: string | undefined,
  forwardedFor?: string,
  { proto, encrypted }: { proto?: string; encrypted?: boolean } = {},
): IncomingMessage {
  const headers = {
    ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
    ...(proto !== undefined && { 'x-forwarded-proto': proto }),
  };
  return {
    socket: { remoteAddress, ...(encrypted && { encrypted }) },
    headers,
  } as unknown as IncomingMessage;
}

const PROXY = '10.0.0.1';
const CLIENT = '203.0.113.7';

describe('the address of a request', () => {
  const behindProxies = trusting('10.0.0.0/8', '2001:db8:ffff::/48');
  const of = (peer: string, forwardedFor?: string) => behindProxies.of(request(peer, forwardedFor)).text;

  it("is the peer's where no proxy is trusted, whatever the header says", () => {
    expect(trusting().of(request(CLIENT)).text).toBe(CLIENT);
    expect(trusting().of(request(CLIENT, '198.51.100.1')).text).toBe(CLIENT);
    expect(trusting().of(request('127.0.0.1', '198.51.100.1')).text).toBe('127.0.0.1');
  });

  it("is the peer's where the peer is not a trusted proxy, whatever the header says", () => {
    expect(of(CLIENT, '198.51.100.1')).toBe(CLIENT);
    expect(of(CLIENT, '198.51.100.1, 10.0.0.2')).toBe(CLIENT);
  });

  it('is the entry that a trusted peer wrote', () => {
    expect(of(PROXY, CLIENT)).toBe(CLIENT);
    expect(of('2001:db8:ffff::1', CLIENT)).toBe(CLIENT);
  });

  it('is never a spoofed entry on the left: the header is read right to left', () => {
    expect(of(PROXY, `198.51.100.1, ${CLIENT}`)).toBe(CLIENT);
    expect(of(PROXY, `10.9.9.9, ${CLIENT}, 10.0.0.2`)).toBe(CLIENT);
    expect(of(PROXY, `198.51.100.1, ${CLIENT}, 10.0.0.3, 10.0.0.2`)).toBe(CLIENT);
  });

  it('is the entry behind a trusted hop whose own entry has a port', () => {
    expect(of(PROXY, `${CLIENT}, 10.0.0.2:4711`)).toBe(CLIENT);
    expect(of(PROXY, `198.51.100.1, ${CLIENT}, [2001:db8:ffff::2]:4711, 10.0.0.2`)).toBe(CLIENT);
  });

  it('is the outermost entry where every hop is trusted', () => {
    expect(of(PROXY, '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3');
  });

  it('is that of the trusted proxy itself where it forwards for nobody', () => {
    expect(of(PROXY)).toBe(PROXY);
    expect(of(PROXY, '')).toBe(PROXY);
  });

  it.each(['garbage', 'unknown', '_hidden', '0313.0.113.7', '203.0.113', '<script>'])(
    'is that of the last trusted hop where it wrote %j for an address',
    (entry) => {
      expect(of(PROXY, entry)).toBe(PROXY);
      expect(of(PROXY, `198.51.100.1, ${entry}, 10.0.0.2`)).toBe('10.0.0.2');
    },
  );

  it.each([
    [`${CLIENT}:4711`, CLIENT],
    ['[2001:db8::7]:4711', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['2001:DB8::7', '2001:db8::7'],
    ['::ffff:203.0.113.7', CLIENT],
    ['fe80::7%eth0', 'fe80::7'],
  ])('is read from the entry %s', (entry, expected) => {
    expect(of(PROXY, entry)).toBe(expected);
    expect(of(PROXY, `198.51.100.1, ${entry}`)).toBe(expected);
  });

  it('is the same for an IPv4 peer on an IPv6 socket', () => {
    expect(of('::ffff:203.0.113.7')).toBe(CLIENT);
    expect(of('::ffff:10.0.0.1', CLIENT)).toBe(CLIENT);
    expect(trusting('::ffff:10.0.0.0/104').of(request(PROXY, CLIENT)).text).toBe(CLIENT);
  });

  it('is the same object again for the same text, so that it is parsed once', () => {
    expect(behindProxies.of(request(PROXY, CLIENT))).toBe(behindProxies.of(request(PROXY, CLIENT)));
  });

  it.each(['64:ff9b::10.0.0.2', '2002:a00:2::', '2002:a00:2::1'])(
    'is %s where that is claimed, however much it looks like a trusted proxy',
    (claimed) => {
      expect(behindProxies.of(request(PROXY, `198.51.100.1, ${claimed}`)).version).toBe(6);
      expect(behindProxies.of(request(claimed, '198.51.100.1')).version).toBe(6);
    },
  );

  it.each([undefined, '', '/run/app.sock'])('is unknown, and no address at all, for the peer %j', (peer) => {
    const address = behindProxies.of(request(peer));
    expect(address.text).toBe('unknown');
    for (const all of ['0.0.0.0/0', '::/0', '0.0.0.0']) {
      expect(isWithin(address, parseIpNetwork(all) as IpNetwork)).toBe(false);
    }
    expect(behindProxies.of(request(undefined, CLIENT)).text).toBe('unknown');
  });
});

describe('a request is secure', () => {
  const behindProxies = trusting('10.0.0.0/8');
  const isSecure = (peer: string | undefined, how: { proto?: string; encrypted?: boolean }) =>
    behindProxies.isSecure(request(peer, undefined, how));

  it('when its own socket is encrypted', () => {
    expect(isSecure(CLIENT, { encrypted: true })).toBe(true);
    expect(isSecure(CLIENT, {})).toBe(false);
  });

  it('by the word of a trusted proxy', () => {
    expect(isSecure(PROXY, { proto: 'https' })).toBe(true);
    expect(isSecure('::ffff:10.0.0.1', { proto: ' HTTPS ' })).toBe(true);
  });

  it('never by the word of anyone else', () => {
    expect(isSecure(CLIENT, { proto: 'https' })).toBe(false);
    expect(isSecure(undefined, { proto: 'https' })).toBe(false);
    expect(trusting().isSecure(request(PROXY, undefined, { proto: 'https' }))).toBe(false);
  });

  it('only if every hop was', () => {
    expect(isSecure(PROXY, { proto: 'https, https' })).toBe(true);
    expect(isSecure(PROXY, { proto: 'https, http' })).toBe(false);
    expect(isSecure(PROXY, { proto: 'http, https' })).toBe(false);
  });

  it.each(['http', '', 'https,', 'httpsx', 'ws', 'on'])('not when a trusted proxy says %j', (proto) => {
    expect(isSecure(PROXY, { proto })).toBe(false);
    expect(isSecure(PROXY, { proto, encrypted: true })).toBe(false);
  });

  it('by its socket where a trusted proxy says nothing', () => {
    expect(isSecure(PROXY, { encrypted: true })).toBe(true);
    expect(isSecure(PROXY, {})).toBe(false);
  });
});

describe('with the header Forwarded (RFC 7239)', () => {
  const stores = memoryStores();
  const trustedProxies = ['10.0.0.0/8', '2001:db8:ffff::/48'];
  const clientIp = new ClientIp(resolveOptions({ trustedProxies, forwardedHeader: 'Forwarded' }, stores));
  const requestWith = (remoteAddress: string, headers: Record<string, string>) =>
    ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;
  const of = (peer: string, forwarded: string) => clientIp.of(requestWith(peer, { forwarded })).text;
  const isSecure = (peer: string, forwarded: string) => clientIp.isSecure(requestWith(peer, { forwarded }));

  it.each([
    ['for=203.0.113.7', CLIENT],
    ['For="203.0.113.7:4711";proto=https;by=10.0.0.1', CLIENT],
    ['for="[2001:db8::7]:4711"', '2001:db8::7'],
    ['for="[2001:DB8::7]"', '2001:db8::7'],
    ['for=198.51.100.1, for=203.0.113.7', CLIENT],
    ['for=198.51.100.1, for=203.0.113.7, for=10.0.0.2', CLIENT],
    ['for=203.0.113.7, for="[2001:db8:ffff::2]", for=10.0.0.2', CLIENT],
    ['for=10.0.0.3, for=10.0.0.2', '10.0.0.3'],
  ])('%s from a trusted proxy names the client %s', (forwarded, client) => {
    expect(of(PROXY, forwarded)).toBe(client);
  });

  it.each([
    '"never closed',
    'for="198.51.100.1',
    'for=198.51.100.1;for=198.51.100.2',
    ';;;',
    '=',
    'for=unknown',
  ])('what the client wrote before, such as %s, hides nothing', (written) => {
    expect(of(PROXY, `${written}, for=203.0.113.7`)).toBe(CLIENT);
    expect(of(PROXY, `${written}, for=203.0.113.7, for=10.0.0.2`)).toBe(CLIENT);
  });

  it.each(['for=unknown', 'for=_hidden', 'for="', 'by=203.0.113.7', '', ','])(
    'a trusted proxy that says %j names nobody, so it is itself that counts',
    (forwarded) => {
      expect(of(PROXY, forwarded)).toBe(PROXY);
    },
  );

  it('what the client wrote before is not even read, however much it is', () => {
    const written = ','.repeat(16_000);
    const start = process.cpuUsage();
    for (let count = 0; count < 100; count++) {
      expect(of(PROXY, `${written}for=203.0.113.7`)).toBe(CLIENT);
      expect(isSecure(PROXY, `${written}for=203.0.113.7;proto=https`)).toBe(false);
    }
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  });

  it('is believed from nobody else, and the other header from nobody at all', () => {
    expect(of(CLIENT, 'for=198.51.100.1')).toBe(CLIENT);
    const both = { 'x-forwarded-for': '198.51.100.1', 'x-forwarded-proto': 'https' };
    expect(clientIp.of(requestWith(PROXY, both)).text).toBe(PROXY);
    expect(clientIp.isSecure(requestWith(PROXY, both))).toBe(false);
    expect(trusting(PROXY).of(requestWith(PROXY, { forwarded: 'for=198.51.100.1' })).text).toBe(PROXY);
  });

  it('a request is secure only if every hop was', () => {
    expect(isSecure(PROXY, 'for=203.0.113.7;proto=https')).toBe(true);
    expect(isSecure(PROXY, 'for=203.0.113.7;proto=HTTPS, for=10.0.0.2;proto="https"')).toBe(true);
    for (const header of [
      'for=203.0.113.7;proto=http',
      'for=203.0.113.7;proto=https, for=10.0.0.2;proto=http',
      'for=203.0.113.7;proto=http, for=10.0.0.2;proto=https',
      'for=203.0.113.7',
      'proto="https',
      '',
      ',',
    ]) {
      expect(isSecure(PROXY, header)).toBe(false);
    }
    expect(isSecure(CLIENT, 'for=203.0.113.7;proto=https')).toBe(false);
  });
});

describe('a header with a single address', () => {
  const behind = (...trustedProxies: string[]) =>
    new ClientIp({ trustedProxies, forwardedHeader: 'CF-Connecting-IP' });
  const from = (remoteAddress: string, header?: string, others: object = {}) =>
    ({
      socket: { remoteAddress },
      headers: { ...(header !== undefined && { 'cf-connecting-ip': header }), ...others },
    }) as unknown as IncomingMessage;

  it('names the client of a trusted proxy', () => {
    expect(behind('10.0.0.0/8').of(from(PROXY, CLIENT)).text).toBe(CLIENT);
    expect(behind('10.0.0.0/8').of(from(PROXY, '2001:db8::7')).text).toBe('2001:db8::7');
  });

  it('is not believed from anybody else, nor is another header', () => {
    expect(behind('10.0.0.0/8').of(from('198.51.100.1', CLIENT)).text).toBe('198.51.100.1');
    expect(behind().of(from(PROXY, CLIENT)).text).toBe(PROXY);
    expect(behind('10.0.0.0/8').of(from(PROXY, undefined, { 'x-forwarded-for': CLIENT })).text).toBe(PROXY);
  });

  it.each(['', 'localhost', `${CLIENT}, 198.51.100.1`, `198.51.100.1,${CLIENT}`])(
    'names nobody with what is not one address: %j',
    (header) => {
      expect(behind('10.0.0.0/8').of(from(PROXY, header)).text).toBe(PROXY);
    },
  );
});

describe('networks of proxies by name', () => {
  it.each([
    ['loopback', ['127.0.0.1', '::1'], ['128.0.0.1', '::2']],
    ['linklocal', ['169.254.7.7', 'fe80::7'], ['169.255.0.1', 'fec0::1']],
    ['uniquelocal', ['10.1.2.3', '172.31.0.1', '192.168.1.1', 'fd00::1'], ['172.32.0.1', '192.169.0.1']],
  ])('are those that Express has: %s', (name, inside, outside) => {
    const clientIp = trusting(name);
    const of = (peer: string) => clientIp.of(request(peer, CLIENT)).text;
    expect(inside.map(of)).toEqual(inside.map(() => CLIENT));
    expect(outside.map(of)).toEqual(outside);
  });
});
