import { jest } from '@jest/globals';
import { OAuthConsents } from '@portcullis/auth';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { API } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

/** Somebody whose tabs answer one question in these ways, all at once, and no further one. */
class Undecided extends Browser {
  statuses: number[] = [];

  constructor(
    url: string,
    user: string,
    readonly actions: readonly string[],
  ) {
    super(url, user);
  }

  override async answer(id: string): Promise<string> {
    const { prompt } = await this.detailsOf(id);
    if (prompt !== 'consent') return super.answer(id);
    if (this.statuses.length > 0) throw new Error('asked once more');
    const answers = await Promise.all(this.actions.map((action) => this.post(id, action, {})));
    this.statuses = answers.map(({ status }) => status);
    const heard = answers.find(({ ok }) => ok);
    if (heard === undefined) throw new Error(`refused by ${this.statuses}`);
    return ((await heard.json()) as { redirect_to: string }).redirect_to;
  }
}

describeOnPlatforms('what people decide at the same time on %s', (running) => {
  const server = new ServerUnderTest(running);
  beforeAll(async () => {
    await server.start();
    for (const name of ['bob', 'eve']) await running.app.get(Users, { strict: false }).add(name);
  });

  const consents = () => running.app.get(OAuthConsents, { strict: false });

  it.each([
    ['consent', 'abort'],
    ['abort', 'consent'],
  ])('is taken at the first word: %s and %s', async (...actions) => {
    const browser = new Undecided(server.url, 'ada', actions);
    const config = await server.discover('shop');
    await consents().withdraw('ada', 'shop');
    const { place } = await server.authorize(config, {}, browser);
    expect(browser.statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(Math.max(...browser.statuses)).toBeLessThan(500);
    const hasAgreed = browser.statuses[actions.indexOf('consent')] === 200;
    expect(place.searchParams.has('code')).toBe(hasAgreed);
    expect((await consents().list('ada')).consents).toHaveLength(hasAgreed ? 1 : 0);
  });

  it('comes to the same where they say the same twice', async () => {
    const browser = new Undecided(server.url, 'bob', ['consent', 'consent', 'consent']);
    const { redeem } = await server.authorize(await server.discover('shop'), {}, browser);
    expect(await redeem()).toMatchObject({ scope: 'parcels:read' });
    expect(Math.max(...browser.statuses)).toBeLessThan(500);
  });

  it('brings nothing back that is taken back at the same time', async () => {
    const config = await server.discover('pages');
    const browser = new Undecided(server.url, 'eve', ['consent']);
    await server.authorize(config, {}, browser);
    browser.statuses = [];
    const finding = jest.spyOn(consents(), 'find');
    const { find } = OAuthConsents.prototype;
    finding.mockImplementation(async (subject, clientId) => {
      const found = await find.call(consents(), subject, clientId);
      if (finding.mock.calls.length === 1) await consents().withdraw(subject, clientId);
      return found;
    });
    const wider = server.authorize(config, { scope: 'openid parcels:read parcels:write' }, browser);
    await expect(wider).rejects.toThrow('refused by 4');
    finding.mockRestore();
    expect((await consents().list('eve')).consents).toMatchObject([{ scopes: { [API]: ['parcels:write'] } }]);
  });

  describe('about a device', () => {
    const begin = async () => {
      const config = await server.discover('scale');
      return { config, device: await client.initiateDeviceAuthorization(config, { scope: 'parcels:read' }) };
    };
    const poll = (config: client.Configuration, device_code: string) =>
      client
        .genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:device_code', { device_code })
        .then(
          () => 'a token',
          ({ error }) => error as string,
        );
    /** Comes as far as the question. @returns what answers it */
    const asked = async (user: string, user_code: string) => {
      const browser = new Browser(server.url, user);
      const page = (await browser.visit(`${server.url}/oauth/device`)) as Response;
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] as string;
      const post = (fields: Record<string, string>) =>
        browser.fetch(`${server.url}/oauth/device`, {
          method: 'POST',
          body: new URLSearchParams({ xsrf, user_code, ...fields }),
        });
      expect(await (await post({})).text()).toContain('name="confirm"');
      return async (answer: 'confirm' | 'abort') => {
        const answered = await post({ [answer]: 'yes' });
        const next = answered.headers.get('location');
        const end = next === null ? answered : ((await browser.visit(new URL(next, server.url))) as Response);
        return [end.status, /is let in|was not let in/.exec(await end.text())?.[0]] as const;
      };
    };

    it.each([
      ['confirm', 'abort'],
      ['abort', 'confirm'],
      ['confirm', 'confirm'],
    ] as const)('is taken at the first word, whoever says it: %s and %s', async (...answers) => {
      const { config, device } = await begin();
      const people = await Promise.all(['ada', 'bob'].map((user) => asked(user, device.user_code)));
      const [polled, ...told] = await Promise.all([
        poll(config, device.device_code),
        ...people.map((answer, index) => answer(answers[index] as 'confirm')),
      ]);
      for (const [status] of told) expect(status).toBeLessThan(500);
      const [heard, ...others] = told.map(([, text]) => text).filter((text) => text !== undefined);
      expect(others).toEqual([]);
      const ends = [
        polled,
        ...(await Promise.all([1, 2, 3, 4, 5].map(() => poll(config, device.device_code)))),
      ];
      const [first = ''] = ends.filter((end) => end === 'a token' || end === 'access_denied');
      expect([heard, first]).toEqual(
        heard === 'is let in' ? ['is let in', 'a token'] : ['was not let in', 'access_denied'],
      );
      expect(ends.filter((end) => end === 'a token').length).toBeLessThanOrEqual(1);
    });
  });
});
