import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  DEFAULT_CRAWLERS,
  type DnsResolver,
  type PortcullisOptions,
  type StrikeRule,
} from '@portcullis/auth';
import { ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms, type RunningApp } from '../support/running-app.js';

const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

/** Names and addresses as a test says; it answers when the test says so. */
class Names implements DnsResolver {
  readonly names = new Map<string, string[]>();
  readonly addresses = new Map<string, string[]>();
  asked = 0;
  #gate = Promise.resolve();
  open = () => {};

  close(): void {
    this.#gate = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  async reverse(address: string): Promise<string[]> {
    this.asked++;
    await this.#gate;
    return this.names.get(address) ?? Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
  }

  async resolve4(name: string): Promise<string[]> {
    return this.addresses.get(name) ?? Promise.reject(Object.assign(new Error(), { code: 'ENODATA' }));
  }

  resolve6 = this.resolve4;
}

const names = new Names();
names.names.set('203.0.113.1', ['crawl-1.googlebot.com.']);
names.addresses.set('crawl-1.googlebot.com', ['203.0.113.9', '203.0.113.1']);
names.names.set('203.0.113.2', ['crawl-2.googlebot.com']); // a name that is not theirs
names.addresses.set('crawl-2.googlebot.com', ['203.0.113.99']);
names.names.set('203.0.113.3', [
  'crawl-1.googlebot.com.evil.example',
  'evilgooglebot.com',
  'crawl.search.msn.com',
]);
for (const name of names.names.get('203.0.113.3') as string[]) names.addresses.set(name, ['203.0.113.3']);
names.names.set('203.0.113.4', ['crawl-4.googlebot.com']);
names.addresses.set('crawl-4.googlebot.com', ['203.0.113.4']);
names.names.set('2001:db8::5', ['crawl-5.googlebot.com']);
names.addresses.set('crawl-5.googlebot.com', ['2001:0db8:0::5']);

/** The third page that is gone bans, and the tenth wrong token. */
const rules: StrikeRule[] = [
  { id: 'gone', match: { status: 404, path: /\.php$/ }, score: 34, distinct: 'path', windowSeconds: 600 },
  { id: 'guesses', match: { event: 'invalid_token' }, score: 10, windowSeconds: 600 },
];

const start = (running: RunningApp, bans: PortcullisOptions['bans'] = {}) =>
  running.start({
    portcullis: {
      trustedProxies: ['127.0.0.1'],
      tokens: ownTokens,
      bans: { rules, resolver: names, ...bans },
    },
    controllers: [PlainRoutesController],
  });

describeOnPlatforms('a crawler on %s', (running) => {
  const call = (path: string, from: string, agent = GOOGLEBOT, headers: object = {}) =>
    running.statusOf(path, { 'x-forwarded-for': from, 'user-agent': agent }, headers);
  /** Asks for what somebody else's links name. @returns the last status */
  const crawl = async (from: string, agent = GOOGLEBOT, count = 30) => {
    let status = await call('/old-0.php', from, agent);
    // The first one has it looked up; nobody waits for that.
    await new Promise(setImmediate);
    for (let page = 1; page < count; page++) status = await call(`/old-${page}.php`, from, agent);
    return status;
  };

  beforeEach(() => start(running));

  it('is never banned for paths where its name and its address confirm each other', async () => {
    expect(await crawl('203.0.113.1')).toBe(404);
    expect(await crawl('2001:db8::5')).toBe(404);
    const { asked } = names;
    expect(await crawl('203.0.113.1')).toBe(404);
    expect(names.asked).toBe(asked);
    expect(running.events.of('address.banned')).toEqual([]);
  });

  it.each([
    ['a name that has another address', '203.0.113.2', GOOGLEBOT],
    ['names that only look like it, and one of another crawler', '203.0.113.3', GOOGLEBOT],
    ['no name', '203.0.113.6', GOOGLEBOT],
    ['the right name, and another agent', '203.0.113.4', 'Mozilla/5.0'],
  ])('is banned like anybody else with %s', async (_, from, agent) => {
    expect(await crawl(from, agent, 4)).toBe(403);
  });

  it('is banned for anything else', async () => {
    expect(await crawl('203.0.113.1')).toBe(404);
    for (let guess = 0; guess < 10; guess++)
      await call('/user', '203.0.113.1', GOOGLEBOT, { authorization: `Bearer a.${guess}.c` });
    expect(await call('/public', '203.0.113.1')).toBe(403);
  });

  it('is let in again when the name servers were slower than it, and nobody else is', async () => {
    names.close();
    expect(await crawl('203.0.113.1', GOOGLEBOT, 4)).toBe(403);
    expect(await crawl('203.0.113.2', GOOGLEBOT, 4)).toBe(403);
    names.open();
    await running.events.first('address.unbanned');
    expect(await call('/public', '203.0.113.1')).toBe(200);
    expect(await crawl('203.0.113.1')).toBe(404);
    expect(await call('/public', '203.0.113.2')).toBe(403);
  });

  it('has no more than twenty looked up at once', async () => {
    names.close();
    const { asked } = names;
    for (let address = 0; address < 30; address++) await call('/old.php', `198.51.100.${address}`);
    expect(names.asked - asked).toBe(20);
    names.open();
  });

  it('is whom the options name, by the name server that they name, or nobody', async () => {
    await start(running, { crawlers: [] });
    expect(await crawl('203.0.113.1', GOOGLEBOT, 4)).toBe(403);
    names.names.set('203.0.113.8', ['a.crawl.example.com']);
    names.addresses.set('a.crawl.example.com', ['203.0.113.8']);
    await start(running, {
      crawlers: [...DEFAULT_CRAWLERS, { agent: 'OurBot', domains: ['crawl.example.com'] }],
    });
    expect(await crawl('203.0.113.8', 'ourbot/1.0')).toBe(404);
    await expect(start(running, { crawlers: [{ agent: 'OurBot', domains: ['com'] }] })).rejects.toThrow(
      'bans.crawlers: needs an agent',
    );
  });

  it('is told without a look-up where its maker publishes its networks', async () => {
    const networks = ['198.18.5.0/24', '2001:db8:77::/48'];
    await start(running, { crawlers: [...DEFAULT_CRAWLERS, { agent: 'GPTBot', networks }] });
    const { asked } = names;
    expect(await crawl('198.18.5.7', 'GPTBot/1.2')).toBe(404);
    expect(await crawl('2001:db8:77::1', 'gptbot/1.2')).toBe(404);
    expect(await crawl('198.18.6.7', 'GPTBot/1.2', 4)).toBe(403);
    expect(await crawl('198.18.5.8', 'Mozilla/5.0', 4)).toBe(403);
    expect(names.asked).toBe(asked);
    for (const wrong of [['0.0.0.0/0'], ['crawl.example.com'], [], '198.18.5.0/24'])
      await expect(
        start(running, { crawlers: [{ agent: 'GPTBot', networks: wrong as string[] }] }),
      ).rejects.toThrow('bans.crawlers: needs an agent');
    await expect(start(running, { crawlers: [{ agent: 'GPTBot' }] })).rejects.toThrow('needs an agent');
  });

  it('is nobody whom a real name server does not know', async () => {
    const server = createSocket('udp4');
    let asked = 0;
    server.on('message', (query, { port }) => {
      asked++;
      query.writeUInt16BE(0x8183, 2); // an answer: there is no such name
      server.send(query, port);
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const resolver = new Resolver({ timeout: 1_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
    await start(running, { resolver });
    await call('/old.php', '203.0.113.1');
    await eventually(async () => asked > 0);
    expect(await crawl('203.0.113.1', GOOGLEBOT, 4)).toBe(403);
    server.close();
  });
});
