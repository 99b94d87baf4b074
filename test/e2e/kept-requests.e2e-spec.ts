import { createHash, X509Certificate } from 'node:crypto';
import { type Confirmation, TokenIssuer } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { ORIGIN } from '../support/bound-calls.js';
import { Different, KeptApp, type Step } from '../support/kept-app.js';
import type { Sent } from '../support/kept-client.js';
import { Partner } from '../support/partner.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { type ClientTls, clients } from '../support/tls.js';

const MISSING = '401 credentials_required';
const INVALID_TOKEN = '401 invalid_token';
const INVALID_KEY = '401 invalid_api_key';
const INVALID_REQUEST = '400 invalid_request';

/** With another last letter, which stands for other bytes. */
const withOtherEnd = (text: string) => text.slice(0, -1) + (text.endsWith('A') ? 'Q' : 'A');

const linesOf = (headers: object) => Object.entries(headers).map(([name, value]) => `${name}: ${value}`);

describeOnPlatforms('a client on %s that has asked the same twice over one connection', (running) => {
  const app = new KeptApp(running);
  const { clock } = app;

  beforeAll(() => app.start());
  afterAll(() => app.other.close());
  beforeEach(() => app.begin());
  afterEach(() => app.end());

  /** Everybody who is in a story: two users, an app, and somebody with a personal token. */
  const cast = async () => {
    const [ada, bob] = [await app.user('ada'), await app.user('bob')];
    const [depot, cyd] = [await app.key({ networks: ['198.51.100.0/24'] }), await app.personalToken('cyd')];
    return { ada, bob, depot, cyd, good: `200 ${depot.appId} ${ada.subject}` };
  };
  type Cast = Awaited<ReturnType<typeof cast>>;
  const different = (...lines: string[]) => new Different({ headers: app.headers(...lines) });
  const byLine = (line: string) => new Different({ line });
  const same = () => {};

  it.each<[string, (cast: Cast) => Step[]]>([
    [
      'the token twice',
      ({ ada, depot }) => [[different(ada.header, ada.header, depot.header), INVALID_REQUEST]],
    ],
    [
      'the token twice, in another case',
      ({ ada, depot }) => [
        [different(ada.header, depot.header, ada.header.replace('A', 'a')), INVALID_REQUEST],
      ],
    ],
    [
      "another user's token as well",
      ({ ada, bob, depot }) => [[different(ada.header, bob.header, depot.header), INVALID_REQUEST]],
    ],
    [
      'the key twice',
      ({ ada, depot }) => [[different(ada.header, depot.header, depot.header), INVALID_REQUEST]],
    ],
    ['no token', ({ depot }) => [[different(depot.header), MISSING]]],
    ['no key', ({ ada }) => [[different(ada.header), MISSING]]],
    ['neither', () => [[different(), MISSING]]],
    [
      'a token with another end',
      ({ ada, depot }) => [[different(withOtherEnd(ada.header), depot.header), INVALID_TOKEN]],
    ],
    [
      'a key with another end',
      ({ ada, depot }) => [[different(ada.header, withOtherEnd(depot.header)), INVALID_KEY]],
    ],
    [
      'a token that begins otherwise',
      ({ ada, depot }) => [
        [different(ada.header.replace('Bearer e', 'Bearer f'), depot.header), INVALID_TOKEN],
      ],
    ],
    [
      'the token under another scheme',
      ({ ada, depot }) => [[different(ada.header.replace('Bearer', 'Basic'), depot.header), MISSING]],
    ],
    [
      "another user's token",
      ({ bob, depot }) => [[different(bob.header, depot.header), `200 ${depot.appId} ${bob.subject}`]],
    ],
    [
      "another user's personal token",
      ({ cyd, depot }) => [
        [different(`Authorization: Bearer ${cyd.key}`, depot.header), `200 ${depot.appId} ${cyd.subject}`],
      ],
    ],
    [
      'a second user in the place of the app',
      ({ ada, cyd }) => [[different(ada.header, `X-API-Key: ${cyd.key}`), INVALID_REQUEST]],
    ],
    [
      'its headers in another order and case',
      ({ ada, depot, good }) => [
        [different(depot.header, ada.header), good],
        [different(depot.header.toLowerCase().replace(depot.key.toLowerCase(), depot.key), ada.header), good],
        [different(depot.header, ada.header.replace('Authorization', 'AUTHORIZATION')), good],
      ],
    ],
    [
      'a token in the URL',
      ({ ada }) => [[byLine(`GET /both?access_token=${ada.accessToken}`), INVALID_REQUEST]],
    ],
    ['a key in the URL', ({ depot }) => [[byLine(`GET /both?api_key=${depot.key}`), INVALID_REQUEST]]],
    ['another query', ({ good }) => [[byLine('GET /both?page=2'), good]]],
    [
      'for another route',
      ({ ada, depot }) => [
        [byLine('GET /user'), `200 ${ada.subject}`],
        [byLine('GET /app'), `200 ${depot.appId}`],
        [byLine('GET /writing'), '403 insufficient_scope'],
      ],
    ],
    [
      'from elsewhere',
      ({ ada, depot }) => {
        const headers = ['X-Forwarded-Proto: https', 'X-Forwarded-For: 192.0.2.1', ada.header, depot.header];
        return [[new Different({ headers }), '403 address_not_allowed']];
      },
    ],
    [
      'in clear text',
      ({ ada, depot }) => {
        const headers = app.headers(ada.header, depot.header);
        const told = '403 tls_required';
        return [
          [new Different({ headers: headers.map((line) => line.replace('https', 'http')) }), told],
          [new Different({ headers: headers.slice(1) }), told],
        ];
      },
    ],
  ])('and then sends %s is judged by that', async (_, steps) => {
    const all = await cast();
    const { ada, depot, good } = all;
    const alternating = steps(all).flatMap((step): Step[] => [step, [same, good]]);
    await app.play(app.get('/both', ada.header, depot.header), good, alternating);
  });

  it.each([
    ['the token', (ada: string, depot: string) => [ada, depot, ada]],
    ['the key', (ada: string, depot: string) => [ada, depot, depot]],
  ])('and then sends %s once more in the place of another header is refused', async (_, lines) => {
    const { ada, depot, good } = await cast();
    const steps: Step[] = [
      [different(...lines(ada.header, depot.header)), INVALID_REQUEST],
      [same, good],
    ];
    await app.play(app.get('/both', ada.header, depot.header, 'User-Agent: Browser'), good, steps);
  });

  it('and then sends the same values by other names is refused', async () => {
    const { ada, depot, good } = await cast();
    const [copy, twice] = [
      ada.header.replace('Authorization', 'X-Copy'),
      different(ada.header, depot.header, ada.header),
    ];
    const steps: Step[] = [
      [twice, INVALID_REQUEST],
      [same, good],
    ];
    await app.play(app.get('/both', ada.header, depot.header, copy), good, steps);
  });

  it('and then sends the token in a form as well, under the same headers, is refused', async () => {
    const { header, accessToken, good } = await app.user();
    const body = `access_tokem=${accessToken}`;
    const form = 'Content-Type: application/x-www-form-urlencoded';
    const headers = app.headers(header, form, `Content-Length: ${body.length}`);
    const sent: Sent = { line: 'POST /user', headers, body };
    const twice = new Different({ body: body.replace('tokem', 'token') });
    await app.play(sent, good, [
      [twice, INVALID_REQUEST],
      [same, good],
    ]);
  });

  describe('behind a middleware', () => {
    it('that leaves nothing of the token for some URLs is no user there', async () => {
      const { header, good } = await app.user();
      app.meddle = (headers, url) => {
        if (url.includes('nobody')) delete headers.authorization;
      };
      await app.play(app.get('/user', header), good, [
        [byLine('GET /user?nobody'), MISSING],
        [same, good],
      ]);
    });

    it('that replaces token and key for some URLs is who they are of there', async () => {
      const { ada, bob, depot, good } = await cast();
      const hub = await app.key({ appId: 'hub' });
      app.meddle = (headers, url) => {
        if (url.includes('bob')) headers.authorization = `Bearer ${bob.accessToken}`;
        if (url.includes('hub')) headers['x-api-key'] = hub.key;
      };
      await app.play(app.get('/both', ada.header, depot.header), good, [
        [byLine('GET /both?bob'), `200 ${depot.appId} ${bob.subject}`],
        [byLine('GET /both?hub'), `200 hub ${ada.subject}`],
        [byLine('GET /both?bob&hub'), `200 hub ${bob.subject}`],
        [same, good],
      ]);
    });

    it('that changes its mind is judged by that, though all that is sent is the same', async () => {
      const { ada, bob, depot, good } = await cast();
      const leave = (authorization: string | undefined, key: string | undefined) => () => {
        app.meddle = (headers) => {
          headers.authorization = authorization as string;
          headers['x-api-key'] = key;
          for (const [name, value] of Object.entries(headers)) if (value === undefined) delete headers[name];
        };
      };
      const asAda = `Bearer ${ada.accessToken}`;
      await app.play(app.get('/both', ada.header, depot.header), good, [
        [leave(undefined, depot.key), MISSING],
        [leave(asAda, undefined), MISSING],
        [leave(asAda, withOtherEnd(depot.key)), INVALID_KEY],
        [leave(`Bearer ${bob.accessToken}`, depot.key), `200 ${depot.appId} ${bob.subject}`],
        [leave(withOtherEnd(asAda), depot.key), INVALID_TOKEN],
        [leave(asAda, depot.key), good],
      ]);
    });

    it('that takes back what the proxy says of its connection is in clear text', async () => {
      const { ada, depot, good } = await cast();
      const come = (proto: string) => () => {
        app.meddle = (headers) => {
          headers['x-forwarded-proto'] = proto;
        };
      };
      const steps: Step[] = [
        [come('http'), '403 tls_required'],
        [come('https'), good],
      ];
      await app.play(app.get('/both', ada.header, depot.header), good, steps);
    });

    it('that says that the body is no form, and then that it is, is refused a token in there', async () => {
      const { header, accessToken, good } = await app.user();
      const body = `access_token=${accessToken}`;
      const form = 'application/x-www-form-urlencoded';
      const be = (type: string) => () => {
        app.meddle = (headers) => {
          headers['content-type'] = type;
        };
      };
      const headers = app.headers(header, `Content-Type: ${form}`, `Content-Length: ${body.length}`);
      be('text/plain')();
      const steps: Step[] = [
        [be(form), INVALID_REQUEST],
        [be('text/plain'), good],
      ];
      await app.play({ line: 'POST /user', headers, body }, good, steps);
    });

    it('that takes the token from a cookie is whoever that is of now', async () => {
      const { ada, bob } = await cast();
      const be = (user: typeof ada | undefined) => () => {
        app.meddle = (headers) => {
          if (user !== undefined) headers.authorization = `Bearer ${user.accessToken}`;
        };
      };
      be(ada)();
      await app.play(app.get('/user', 'Cookie: session=s1'), ada.good, [
        [be(bob), bob.good],
        [be(undefined), MISSING],
        [be(ada), ada.good],
      ]);
    });
  });

  describe('with a token that is bound', () => {
    const boundTo = async (confirmation: Confirmation) => {
      const user = { subject: 'ada', clientId: 'phone', scopes: ['parcels:read'], confirmation };
      return (await running.app.get(TokenIssuer).issue(user)).accessToken;
    };
    const proofOf = (key: TestProofKey, accessToken: string, path = '/user') => {
      const claims = { iat: Math.floor(clock.now() / 1000) };
      return linesOf(key.headers({ method: 'GET', url: ORIGIN + path, accessToken }, { claims }));
    };
    const der = ({ cert }: ClientTls) => new X509Certificate(cert).raw;
    const certificate = (client: ClientTls) => `Client-Cert: :${der(client).toString('base64')}:`;

    it('to a key, and sends it as a bearer token, is refused each time', async () => {
      const token = await boundTo(new TestProofKey().confirmation);
      await app.play(app.get('/user', `Authorization: Bearer ${token}`), INVALID_TOKEN);
    });

    it('to a key is refused with a proof that has served', async () => {
      const key = new TestProofKey();
      const token = await boundTo(key.confirmation);
      const replayed = '401 invalid_dpop_proof';
      const next = new Different({ headers: app.headers(...proofOf(key, token)) });
      const client = await app.play(app.get('/user', ...proofOf(key, token)), [
        '200 ada',
        replayed,
        replayed,
      ]);
      expect([await client.ask(next.sent), await client.ask(next.sent)]).toEqual(['200 ada', replayed]);
    });

    it('to a certificate is refused without it, and with another', async () => {
      const digest = createHash('sha256').update(der(clients.phone)).digest('base64url');
      const header = `Authorization: Bearer ${await boundTo({ 'x5t#S256': digest })}`;
      const sent = app.get('/user', header, certificate(clients.phone));
      await app.play(sent, '200 ada', [
        [different(header), INVALID_TOKEN],
        [different(header, certificate(clients.laptop)), INVALID_TOKEN],
        [same, '200 ada'],
      ]);
    });

    it('to a certificate is refused where a middleware leaves another, or none', async () => {
      const digest = createHash('sha256').update(der(clients.phone)).digest('base64url');
      const header = `Authorization: Bearer ${await boundTo({ 'x5t#S256': digest })}`;
      const show = (client?: ClientTls) => () => {
        app.meddle = (headers) => {
          if (client === undefined) delete headers['client-cert'];
          else headers['client-cert'] = certificate(client).replace('Client-Cert: ', '');
        };
      };
      const steps: Step[] = [
        [show(clients.laptop), INVALID_TOKEN],
        [show(clients.phone), '200 ada'],
        [show(undefined), INVALID_TOKEN],
      ];
      await app.play(app.get('/user', header, certificate(clients.phone)), '200 ada', steps);
    });

    it('to a certificate, and sends no certificate, is refused each time', async () => {
      const digest = createHash('sha256').update(der(clients.phone)).digest('base64url');
      const token = await boundTo({ 'x5t#S256': digest });
      await app.play(app.get('/user', `Authorization: Bearer ${token}`), INVALID_TOKEN);
    });
  });

  it('with a key whose requests have to be signed is refused with a signature that has served', async () => {
    const partner = await Partner.of(running.app, { scopes: ['scans:write'] });
    const created = Math.floor(clock.now() / 1000);
    const sent = app.get('/app', ...linesOf(partner.headers({ path: '/app' }, { parameters: { created } })));
    const replayed = '401 invalid_message_signature';
    await app.play(sent, ['200 depot', replayed, replayed]);
  });
});
