import { type Burst, heldBack, inParallel, pipelined, type Shot } from '../support/bursts.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const form = (path: string, fields: Record<string, string>): Shot => ({
  ...{ method: 'POST', path },
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: String(new URLSearchParams(fields)),
});
/** What is guessed, and how many guesses reach 100 points. */
const guesses: Record<string, { readonly verdicts: number; readonly shot: (index: number) => Shot }> = {
  'secrets of clients': {
    verdicts: 20,
    shot: (index) =>
      form('/oauth/token', {
        grant_type: 'client_credentials',
        client_id: 'robot',
        client_secret: `${index}`,
      }),
  },
  codes: {
    verdicts: 20,
    shot: (index) =>
      form('/oauth/token', {
        ...{ grant_type: 'authorization_code', client_id: 'pages', redirect_uri: CALLBACK },
        ...{ code_verifier: 'v'.repeat(43), code: `code-${index}` },
      }),
  },
};

describeOnPlatforms('limits of what is guessed at once on %s', (running) => {
  const server = new ServerUnderTest(running);
  let lastAddress = 0;

  beforeAll(() =>
    server.start({
      portcullis: { bans: {}, trustedProxies: ['127.0.0.1'], events: { log: false } } as never,
    }),
  );
  const ways: Record<string, Burst> = {
    'in parallel': inParallel,
    pipelined,
    'with bodies held back': heldBack,
  };

  it.each(
    Object.entries(guesses).flatMap(([what, guess]) =>
      Object.entries(ways).map(([way, burst]) => ({ what, way, burst, ...guess })),
    ),
  )(
    'give no more verdicts on $what than they allow: many of them $way',
    async ({ burst, verdicts, shot }) => {
      const forwarded = { 'x-forwarded-for': `203.0.113.${++lastAddress}` };
      const shots = Array.from({ length: verdicts + 40 }, (_, index) => shot(index));
      const statuses = await burst(
        running.url,
        shots.map((each) => ({ ...each, headers: { ...each.headers, ...forwarded } })),
      );
      expect(statuses.filter((status) => status === 400 || status === 401)).toHaveLength(verdicts);
      expect(statuses.filter((status) => status === 403)).not.toHaveLength(0);
    },
  );

  it('give five verdicts on codes of devices that a browser sends at once, with bodies held back', async () => {
    const browser = new Browser(server.url);
    const page = (await browser.visit(`${server.url}/oauth/device`)) as Response;
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    const headers = { cookie: browser.jar.toString(), 'x-forwarded-for': `203.0.113.${++lastAddress}` };
    const shots = [...'BCDFGHJKLMNPQRSTVWXZ'].map((letter) => {
      const typed = form('/oauth/device', { xsrf, user_code: `${letter.repeat(4)}-BBBB` });
      return { ...typed, headers: { ...typed.headers, ...headers } };
    });
    const statuses = await heldBack(running.url, shots);
    expect(statuses).toHaveLength(shots.length);
    expect(statuses.filter((status) => status !== 403 && status !== 429)).toEqual(Array(5).fill(200));
  });
});
