import { createHash, X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import { type Confirmation, type PortcullisOptions, TokenIssuer } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { ORIGIN } from '../../support/bound-calls.js';
import { noStrikes, ownTokens, userWith } from '../../support/credentials.js';
import { problemIn } from '../../support/http.js';
import { PlainRoutesController } from '../../support/plain-routes.js';
import { sendRaw } from '../../support/raw-headers.js';
import { describeOnPlatforms, type RunningApp } from '../../support/running-app.js';
import { type ClientTls, clients, statusWithCertificate, testTls } from '../../support/tls.js';

const { phone, laptop, expired } = clients;
const der = ({ cert }: ClientTls) => new X509Certificate(cert).raw;
const confirmationOf = (client: ClientTls): Confirmation => ({
  'x5t#S256': createHash('sha256').update(der(client)).digest('base64url'),
});

const partsWith = (options: PortcullisOptions = {}) => ({
  portcullis: { tokens: ownTokens, bans: noStrikes, publicOrigins: [ORIGIN], ...options },
  controllers: [PlainRoutesController],
});

async function boundTo(running: RunningApp, client: ClientTls) {
  const user = { subject: 'ada', clientId: 'phone', confirmation: confirmationOf(client) };
  const { accessToken } = await running.app.get(TokenIssuer).issue(user);
  return { authorization: `Bearer ${accessToken}` };
}

describeOnPlatforms('a token that is bound to a certificate, on %s over TLS', (running) => {
  const statusOf = (headers: Record<string, string | string[]>, client?: ClientTls, agent?: Agent) =>
    statusWithCertificate(`${running.url}/user`, headers, client, agent);
  beforeAll(() =>
    running.start({
      ...partsWith({ binding: { certificateHeader: 'Client-Cert' } }),
      tls: { ...testTls, requestCert: true, rejectUnauthorized: false },
    }),
  );

  it('is accepted from the client that has it, and from nobody else', async () => {
    const token = await boundTo(running, phone);
    expect(await statusOf(token, phone)).toBe(200);
    expect(await statusOf(token, laptop)).toBe(401);
    expect(await statusOf(token)).toBe(401);
    expect(await statusOf(token, phone)).toBe(200);
    expect(await statusOf(await boundTo(running, laptop), laptop)).toBe(200);
  });

  it('is refused with a certificate that is not valid any more', async () => {
    expect(await statusOf(await boundTo(running, expired), expired)).toBe(401);
  });

  it('is accepted on a connection that resumes a session of its client', async () => {
    const token = await boundTo(running, phone);
    const agent = new Agent({ keepAlive: false, maxCachedSessions: 10 });
    for (let call = 0; call < 3; call++) expect(await statusOf(token, phone, agent)).toBe(200);
    agent.destroy();
  });

  it('a token that is not bound needs none, and may come with any', async () => {
    const user = await userWith(running.app);
    for (const client of [undefined, phone, expired]) expect(await statusOf(user, client)).toBe(200);
  });

  it('the header of a stranger is not read', async () => {
    const token = await boundTo(running, phone);
    const header = `:${der(phone).toString('base64')}:`;
    expect(await statusOf({ ...token, 'Client-Cert': header })).toBe(401);
    expect(await statusOf({ ...token, 'Client-Cert': header }, laptop)).toBe(401);
    expect(await statusOf({ ...token, 'Client-Cert': 'nonsense' }, phone)).toBe(200);
  });

  it('is no token for DPoP, whatever comes with it', async () => {
    const { authorization } = await boundTo(running, phone);
    const accessToken = authorization.replace('Bearer ', '');
    const headers = new TestProofKey().headers({ method: 'GET', url: `${ORIGIN}/user`, accessToken });
    expect(await statusOf({ ...headers }, phone)).toBe(401);
  });
});

describeOnPlatforms('on %s, a certificate of the connection and one in a header', (running) => {
  it('are never taken together', async () => {
    await running.start({
      ...partsWith({ binding: { certificateHeader: 'Client-Cert' }, trustedProxies: ['127.0.0.1'] }),
      tls: { ...testTls, requestCert: true, rejectUnauthorized: false },
    });
    const token = await boundTo(running, phone);
    const header = { 'Client-Cert': `:${der(phone).toString('base64')}:` };
    const statusOf = (more: object, client?: ClientTls) =>
      statusWithCertificate(`${running.url}/user`, { ...token, ...more }, client);
    expect(await statusOf(header)).toBe(200);
    expect(await statusOf({}, phone)).toBe(200);
    expect(await statusOf(header, phone)).toBe(401);
    expect(await statusOf(header, laptop)).toBe(401);
  });
});

const escaped = ({ cert }: ClientTls) => encodeURIComponent(cert);
const xfcc = (client: ClientTls) =>
  `By=spiffe://mesh/api;Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;Cert="${escaped(client)}";` +
  'Subject="CN=phone, O=\\"Parcels; Ltd\\"";URI=';

const HEADERS: readonly [
  name: string,
  write: (client: ClientTls) => string,
  wrong: (good: string) => string[],
][] = [
  [
    'Client-Cert',
    (client) => `:${der(client).toString('base64')}:`,
    (good) => [good.slice(1), good.slice(0, -1), `${good}, ${good}`, `${good};a=1`, '::', ':x:', `"${good}"`],
  ],
  [
    'X-Forwarded-Client-Cert',
    xfcc,
    (good) => [
      `${good},${good}`,
      `By=spiffe://mesh/edge,${good}`,
      `${good};${good}`,
      good.replace('Cert=', 'Chain='),
      good.replace('Cert="', 'Cert="x'),
      good.replace('"', ''),
      'Hash=468ed33b',
      '',
    ],
  ],
  [
    'X-SSL-Client-Cert',
    escaped,
    (good) => [`${good}${good}`, `${good},${good}`, good.slice(0, 200), '%', '%00', 'x'.repeat(14_000), ''],
  ],
];

describeOnPlatforms('behind an Envoy that names the hash of certificates alone, on %s', (running) => {
  const HASH = (client: ClientTls) => createHash('sha256').update(der(client)).digest('hex');
  const name = 'X-Forwarded-Client-Cert';
  const start = (trustedProxies: string[], certificateHeader = name) =>
    running.start(partsWith({ binding: { certificateHeader }, trustedProxies }));
  const statusWith = async (client: ClientTls, value: string) =>
    running.statusOf('/user', await boundTo(running, client), { [name]: value });

  it('that is the certificate', async () => {
    await start(['127.0.0.1']);
    const hash = HASH(phone);
    for (const good of [
      `Hash=${hash}`,
      `By=spiffe://mesh/api;Hash=${hash.toUpperCase()};Subject="CN=a;b";URI=`,
    ])
      expect([good, await statusWith(phone, good), await statusWith(laptop, good)]).toEqual([good, 200, 401]);
    for (const wrong of [
      `Hash=${hash};Hash=${hash}`,
      `Hash=${hash},Hash=${hash}`,
      `Hash=${HASH(laptop)};Hash=${hash}`,
      `Hash=${hash.slice(2)}`,
      `Hash=${hash}00`,
      `Hash=${hash.slice(1)}g`,
      `Hash=;Subject="Hash=${hash}"`,
      `Hash=${hash};Cert=""`,
      `Hash=${hash};Cert="${escaped(laptop)}"`,
      `Hash=${Buffer.from(hash, 'hex').toString('base64url')}`,
    ])
      expect([wrong, await statusWith(phone, wrong)]).toEqual([wrong, 401]);
  });

  it('from whoever is no proxy, or in another header, it is not read', async () => {
    await start(['192.0.2.1']);
    expect(await statusWith(phone, `Hash=${HASH(phone)}`)).toBe(401);
    await start(['127.0.0.1'], 'Client-Cert');
    expect(await statusWith(phone, `Hash=${HASH(phone)}`)).toBe(401);
  });
});

describeOnPlatforms('behind a proxy that hands certificates on, on %s', (running) => {
  describe.each(HEADERS)('in %s', (name, write, wrong) => {
    const start = (trustedProxies: string[]) =>
      running.start(partsWith({ binding: { certificateHeader: name }, trustedProxies }));

    it('the one that it names counts', async () => {
      await start(['127.0.0.1']);
      const token = await boundTo(running, phone);
      for (let call = 0; call < 2; call++) {
        expect(await running.statusOf('/user', token, { [name]: write(phone) })).toBe(200);
        expect(await running.statusOf('/user', token, { [name]: write(laptop) })).toBe(401);
        expect(await running.statusOf('/user', token)).toBe(401);
      }
      const old = await boundTo(running, expired);
      for (let call = 0; call < 2; call++)
        expect(await running.statusOf('/user', old, { [name]: write(expired) })).toBe(401);
    });

    it('nothing else counts, and no two of them', async () => {
      await start(['127.0.0.1']);
      const token = await boundTo(running, phone);
      for (const text of wrong(write(phone)))
        expect([text, await running.statusOf('/user', token, { [name]: text })]).toEqual([text, 401]);
      const lines = [
        ['Authorization', token.authorization],
        [name, write(phone)],
        [name.toLowerCase(), write(phone)],
      ] as const;
      expect((await sendRaw(running.url, '/user', lines)).status).toBe(401);
      for (const [other] of HEADERS.filter(([header]) => header !== name))
        expect(await running.statusOf('/user', token, { [other]: write(phone) })).toBe(401);
    });

    it('it is not read from whoever is no proxy', async () => {
      await start(['192.0.2.1']);
      const token = await boundTo(running, phone);
      const response = await running.get('/user', token, { [name]: write(phone) });
      expect([response.status, (await problemIn(response)).code]).toEqual([401, 'invalid_token']);
    });
  });
});
