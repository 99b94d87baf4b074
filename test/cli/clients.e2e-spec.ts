import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { AuditTrail, OAuthClients, PortcullisModule, TokenIssuer } from '@portcullis/auth';
import { OAuthArtifacts, TokenVerifier } from '@portcullis/auth/internal';
import { sqlite } from '@portcullis/sql/sqlite';
import { portcullis } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { ScratchFolder } from '../support/scratch-repository.js';

const ISSUER = 'https://api.example';
const ALONE = { DATABASE_URL: '', REDIS_URL: '', PORTCULLIS_STORE: 'store.db', ISSUER };
const ACTOR = `cli:${userInfo().username}`;
const KEY = Buffer.alloc(32, 7).toString('base64');

let folder: ScratchFolder;
/** It runs all the time, in the same file. */
let app: TestingModule;
beforeAll(async () => {
  folder = await ScratchFolder.make();
  const storage = sqlite({ file: join(folder.path, 'store.db'), keyEncryptionKeys: [KEY], pollMs: 10 });
  const options = { storage, tokens: { audience: 'parcels', issuer: { url: ISSUER } } };
  app = await Test.createTestingModule({ imports: [PortcullisModule.forRoot(options)] }).compile();
  await app.init();
}, 30_000);
afterAll(async () => {
  await app.close();
  await folder.remove();
});

const clients = (...args: string[]) => portcullis({ path: folder.path, env: ALONE }, 'clients', ...args);
const known = () => app.get(OAuthClients);
const create = async (...args: string[]) => {
  const { lines } = await clients('create', '--name', 'Shop', '--kind', 'machine', '--json', ...args);
  return JSON.parse(lines[0] ?? '') as { clientId: string; secret: string };
};
const SECRET = /ptc_cs_\w{16}_\w{49}/;

it('makes a client that the running app knows, and shows its secret once', async () => {
  const redirects = ['--redirect', 'https://shop.example/a', '--redirect', 'https://shop.example/b'];
  const made = await clients(
    'create',
    '--name',
    'Shop',
    '--kind',
    'web',
    ...redirects,
    '--scope',
    'parcels:read',
  );
  expect(made).toMatchObject({ code: 0, remarks: 'The secret is shown this once.\n' });
  const [clientId = '', secret = ''] = made.lines.map((line) => line.split(' ')[1] ?? '');
  expect(made.lines).toEqual([`client_id ${clientId}`, expect.stringMatching(/^client_secret ptc_cs_/)]);
  expect(await known().find(clientId)).toMatchObject({
    ...{ name: 'Shop', kind: 'web', redirectUris: ['https://shop.example/a', 'https://shop.example/b'] },
    scopes: ['parcels:read'],
  });
  expect(await known().matchesSecret(clientId, secret)).toBe(true);
  const listed = await clients('list');
  expect(listed.lines.join('\n')).toMatch(
    new RegExp(`^${clientId} +web +made +enabled +1 +parcels:read +Shop$`, 'm'),
  );
  expect(listed.lines.join('\n')).not.toMatch(SECRET);
  const [line = ''] = (await clients('list', '--json')).lines;
  expect(JSON.parse(line)).toEqual(await known().find(clientId));
});

it('makes devices and signing clients, which have no secret', async () => {
  const flags = ['--compact', '--demand-binding', '--skip-consent', '--token-seconds', '60'];
  const device = await clients('create', '--name', 'Scale', '--kind', 'device', ...flags);
  expect(device).toMatchObject({ code: 0, remarks: '', lines: [expect.stringMatching(/^client_id /)] });
  const id = device.lines[0]?.slice('client_id '.length) ?? '';
  expect(await known().find(id)).toMatchObject({
    ...{
      claims: 'compact',
      binding: 'demand',
      consent: 'skip',
      accessTokenSeconds: 60,
      authentication: 'none',
    },
  });
  const signing = await create('--jwks-uri', 'https://shop.example/keys');
  expect(signing).toMatchObject({ authentication: 'private-key-jwt', jwksUri: 'https://shop.example/keys' });
  expect(signing).not.toHaveProperty('secret');
});

it('rotates a secret, with an overlap or at once', async () => {
  const { clientId, secret } = await create();
  const works = (text: string) => known().matchesSecret(clientId, text);
  const rotated = await clients('rotate', clientId, '--overlap', '60');
  const next = SECRET.exec(rotated.lines.join())?.[0] ?? '';
  expect([await works(secret), await works(next)]).toEqual([true, true]);
  const { lines } = await clients('rotate', clientId, '--overlap', '0', '--json');
  const last = (JSON.parse(lines[0] ?? '') as { secret: string }).secret;
  expect([await works(secret), await works(next), await works(last)]).toEqual([false, false, true]);
});

it.each([
  ['disable', 'Disabled', []],
  ['delete', 'Deleted', ['--yes']],
] as const)('has the running app refuse what a client was issued, to %s it', async (verb, said, flags) => {
  const { clientId } = await create();
  const { accessToken } = await app.get(TokenIssuer).issue({ subject: 'ada', clientId, grantId: verb });
  const names = { grantId: verb, clientId, subject: 'ada' };
  await app.get(OAuthArtifacts).save('Grant', verb, {}, names, Date.now() + 60_000);
  const verify = async () => app.get(TokenVerifier).verify(accessToken);
  await verify();
  expect(await clients(verb, clientId, ...flags)).toEqual({
    code: 0,
    lines: [`${said} ${clientId}`],
    remarks: '',
  });
  await eventually(() =>
    verify().then(
      () => false,
      ({ code }) => code === 'invalid_token',
    ),
  );
  expect(await app.get(OAuthArtifacts).find('Grant', verb)).toBeUndefined();
  expect(await known().findEnabled(clientId)).toBeUndefined();
  const again = await clients(verb, clientId, ...flags);
  expect(again).toMatchObject({ code: 2, lines: [], remarks: expect.stringContaining(clientId) });
  if (verb === 'disable') {
    expect((await clients('enable', clientId)).lines).toEqual([`Enabled ${clientId}`]);
    expect(await known().findEnabled(clientId)).toBeDefined();
  }
  const trail = await app
    .get(AuditTrail)
    .list({ limit: 1, types: [`oauth-client.${said.toLowerCase()}` as never] });
  expect(trail?.entries).toMatchObject([{ actor: ACTOR, facts: { clientId, name: 'Shop' } }]);
});

it('shuts a client out that describes itself, and says of each who has made it', async () => {
  const url = 'https://client.example/one.json';
  await known().create({ name: 'Self', kind: 'device', isRegistered: true });
  expect((await clients('disable', url)).lines).toEqual([`Disabled ${url}`]);
  const listed = (await clients('list')).lines.join('\n');
  expect(listed).toMatch(/ device +registered +enabled +0 +- +Self$/m);
  expect(listed).toMatch(new RegExp(`^${url} +- +document +disabled +0 +- +client.example$`, 'm'));
  expect((await clients('delete', url, '--yes')).remarks).toContain('described by a document of its own');
  expect((await clients('enable', url)).lines).toEqual([`Enabled ${url}`]);
});

it.each([
  [['create', '--kind', 'web'], 'Say what people are asked about'],
  [['create', '--name', 'Shop', '--kind', 'spa'], '--kind must be one of'],
  [['create', '--name', 'Shop', '--kind', 'web'], 'redirectUris must name'],
  [['create', '--name', 'Shop', '--kind', 'web', '--redirect', 'http://shop.example/'], 'must be https'],
  [['create', '--name', 'Shop', '--kind', 'device', '--token-seconds', 'x'], '--token-seconds must be'],
  [['rotate', 'nobody'], 'Say how long'],
  [['rotate', 'nobody', '--overlap', '-1'], '--overlap'],
  [['rotate', 'nobody', '--overlap', '0'], 'There is no client nobody'],
  [['delete', 'nobody'], 'with --yes it is done'],
  [['delete', 'nobody', '--yes'], 'There is no client nobody'],
  [['disable'], 'Name the client by its id'],
  [['disable', 'a', 'b'], 'one argument too many'],
  [['disable', 'nobody', '--max-lifetime', '0'], '--max-lifetime must be'],
  [['list', '--issuer', 'nothing'], 'Name the issuer'],
  [['list', '--file', 'none.db'], 'There is no store none.db'],
  [['shake'], 'There is nothing to do called shake'],
  [[], 'portcullis clients list'],
])('says what is wrong with %j', async (args, why) => {
  expect(await clients(...args)).toMatchObject({ code: 2, lines: [], remarks: expect.stringContaining(why) });
});

it('leaves out of what it says a secret that was given for an id', async () => {
  const { secret } = await create();
  const { remarks } = await clients('disable', secret);
  expect(remarks).not.toContain(secret);
  expect(remarks).toContain('ptc_cs_');
});
