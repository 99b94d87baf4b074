import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { askOutside, type OutsideLimits } from '@portcullis/auth/internal';
import { listen } from '../support/listen.js';
import { testTls } from '../support/tls.js';

const LIMITS: OutsideLimits = { networks: [], allowLoopback: false, maxBytes: 100, timeoutMs: 10_000 };
const ask = (url: string, limits: Partial<OutsideLimits> = {}) =>
  askOutside(new URL(url), {}, { ...LIMITS, ...limits });

describe('what others name, and we ask', () => {
  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0.0.0.0/',
    'https://localhost/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::10.0.0.1]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[ff02::1]/',
  ])('is not %s', async (url) => {
    await expect(ask(url)).rejects.toThrow(/is not on the internet, nor in a network that may be asked/);
  });

  it.each(['http://example.com/', 'ftp://example.com/', 'http://127.0.0.1/'])(
    'is not %s, which is no https URL',
    async (url) => {
      await expect(ask(url)).rejects.toThrow(/is no https URL/);
    },
  );

  it('may be in networks that are named, and on this machine where that is allowed', async () => {
    // Nothing listens there: that it is tried is what counts.
    await expect(ask('https://127.0.0.1:1/', { networks: ['127.0.0.0/8'] })).rejects.toThrow(/ECONNREFUSED/);
    const { url, close } = await listen((_, response) => response.end('hello'));
    try {
      const atName = url.replace('127.0.0.1', 'localhost');
      for (const place of [url, atName])
        expect(String((await ask(place, { allowLoopback: true })).body)).toBe('hello');
    } finally {
      await close();
    }
  });

  it('is led nowhere else, and not read where it is too long or compressed', async () => {
    let asked = 0;
    const { url, close } = await listen(({ url: path }, response) => {
      asked++;
      if (path === '/moved') response.writeHead(302, { Location: '/' }).end();
      else if (path === '/long') response.end('x'.repeat(LIMITS.maxBytes + 1));
      else response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x');
    });
    const at = (path: string) => ask(`${url}${path}`, { allowLoopback: true });
    try {
      expect((await at('/moved')).status).toBe(302);
      expect(asked).toBe(1);
      await expect(at('/long')).rejects.toThrow('more than 100 bytes');
      await expect(at('/packed')).rejects.toThrow('compressed');
    } finally {
      await close();
    }
  });

  it('shows a certificate that somebody vouches for', async () => {
    const server = createServer(testTls, (_, response) => response.end('hello'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      await expect(ask(url, { allowLoopback: true })).rejects.toThrow(/certificate/);
      const { body } = await ask(url, { allowLoopback: true, ca: testTls.cert });
      expect(String(body)).toBe('hello');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('is given up where it does not come to an end', async () => {
    const { url, close } = await listen((_, response) => response.write('x'));
    try {
      await expect(ask(url, { allowLoopback: true, timeoutMs: 200 })).rejects.toThrow(/abort/i);
    } finally {
      await close();
    }
  });
});
