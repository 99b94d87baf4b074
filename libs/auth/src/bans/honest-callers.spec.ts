import { type Asked, play } from './scene.spec-support.js';

const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
const CROSS_SITE = { ...BROWSER, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };

const times = (count: number, ask: (index: number) => Asked): Asked[] =>
  Array.from({ length: count }, (_, index) => ask(index));
const eachSecond = (days: number, asked: Asked): Iterable<Asked> =>
  (function* () {
    for (let second = 0; second < days * 86_400; second++) yield { ...asked, after: 1 };
  })();

/** What one types into a search box, one request a letter. */
const typed = (text: string, more: Partial<Asked> = {}): Asked[] =>
  times(text.length, (index) => ({
    url: `/search?q=${encodeURIComponent(text.slice(0, index + 1))}`,
    ...{ status: 200, route: '/search', after: 0.2, headers: BROWSER },
    ...more,
  }));

const SEARCHES = [
  ...[
    '<svg icon',
    "it's",
    '1=1',
    '../',
    '../../docs',
    "' or 1=1",
    '<b>bold</b>',
    'O\'Reilly "and" sons',
    '{{name}}',
  ],
  ...[
    'select name from users',
    'drop table',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is searched for.
    '${HOME}',
    'a && b || c',
    'javascript: the good parts',
    '/etc/hosts',
    '100%',
  ],
  ...[
    'onclick=',
    'union select',
    '__proto__',
    '; ls -la',
    '$(whoami)',
    '`id`',
    "'--",
    '<script>',
    'sleep(5)',
  ],
];

const api = (index: number) =>
  ['users', 'user', 'acounts', 'orders', 'order', 'v2', 'me', 'carts', 'cart', 'list'][index % 10];

const SCENES: readonly (readonly [string, Iterable<Asked>])[] = [
  [
    'thirty chunks that are missing after a deploy',
    times(30, (index) => ({ url: `/assets/index-${(index * 7_919).toString(36)}.js`, headers: BROWSER })),
  ],
  [
    'the same, where an app of one page closes what it does not know',
    times(30, (index) => ({ url: `/assets/chunk-${index}.css`, status: 401, route: '/*', headers: BROWSER })),
  ],
  [
    'a hundred missing avatars in 20 s, as files',
    times(100, (index) => ({ url: `/avatars/${index}.png`, after: 0.2, headers: BROWSER })),
  ],
  [
    'a hundred missing avatars in 20 s, of a handler',
    times(100, (index) => ({ url: `/users/${index}/avatar`, route: '/users/:id/avatar', after: 0.2 })),
  ],
  [
    'a board with a hundred things that somebody may not see, of a guard of the app itself',
    times(100, (index) => ({
      ...{ url: `/cards/${index}`, status: 403, route: '/cards/:id', after: 0.1 },
      headers: { ...BROWSER, cookie: 'sid=1' },
    })),
  ],
  [
    'another site that shows pictures which a handler refuses it',
    times(900, (index) => ({
      ...{ url: `/pictures/${index}`, status: 403, route: '/pictures/:id', after: 0.05 },
      headers: CROSS_SITE,
    })),
  ],
  [
    'a page that asks again and again for three things that it may not see',
    times(9_000, (index) => ({
      ...{ url: `/cards/${index % 3}`, status: 403, route: '/cards/:id', after: 1 },
      headers: { ...BROWSER, cookie: 'sid=1' },
    })),
  ],
  [
    'source maps and icons that a browser looks for',
    times(60, (index) => ({ url: `/static/${index}.js.map`, after: 1 })),
  ],
  [
    'an app that polls a closed route each second without a token',
    eachSecond(0.2, { url: '/me', status: 401, route: '/me', event: 'credentials_required' }),
  ],
  [
    'the same by POST',
    eachSecond(0.2, {
      url: '/graphql',
      method: 'POST',
      status: 401,
      route: '/graphql',
      event: 'credentials_required',
    }),
  ],
  [
    'an uptime probe on 401 each second',
    eachSecond(0.2, { url: '/private', status: 401, route: '/private' }),
  ],
  [
    'an uptime probe on a 404 each second',
    eachSecond(0.2, { url: '/healthz', headers: { 'user-agent': 'kube-probe/1.30' } }),
  ],
  ['a probe that keeps caches away', eachSecond(0.2, { url: '/?1730000000', status: 200, route: '/' })],
  ['what was searched for, anonymously', SEARCHES.flatMap((text) => typed(text))],
  ['what was searched for, by somebody known', SEARCHES.flatMap((text) => typed(text, { user: 'ada' }))],
  [
    'four searches of which nothing comes',
    ['<svg ic', "it's", '1=1', '../'].flatMap((text) => typed(text, { status: 404 })),
  ],
  [
    'an editor that saves HTML',
    times(200, (index) => ({
      url: `/pages/7?html=${encodeURIComponent(`<p>${'x'.repeat(index)}</p><img src="a.png"><script>init()</script>`)}`,
      ...{ method: 'PUT', status: 200, route: '/pages/:id', after: 5, headers: BROWSER },
    })),
  ],
  [
    'a crawler on forty old links, one in five seconds',
    times(40, (index) => ({ url: `/blog/2019/${index}`, after: 5 })),
  ],
  [
    'a crawler on three old .php pages',
    ['/about.php', '/index.php?p=2', '/shop/item.php?id=3'].map((url) => ({ url, after: 5 })),
  ],
  ['a crawler on old .aspx pages', times(8, (index) => ({ url: `/produkte/${index}.aspx`, after: 5 }))],
  [
    'a crawler on the pictures of an old blog',
    times(60, (index) => ({ url: `/wp-content/uploads/2019/03/${index}.jpg`, after: 5 })),
  ],
  ['an old bookmark, again and again', times(200, () => ({ url: '/wp-login.php', after: 600 }))],
  [
    'three pictures of a hostile page',
    ['/.env', '/wp-login.php', '/?x=%24%7Bjndi:ldap://e.example/a%7D'].map((url) => ({
      url,
      headers: CROSS_SITE,
    })),
  ],
  [
    'ten pictures of a hostile page, which an app of one page answers',
    times(10, (index) => ({ url: `/.git/${index}`, status: 200, route: '/*', headers: CROSS_SITE })),
  ],
  [
    'a client whose key is revoked, each second for a day, which is the longest look',
    eachSecond(1, {
      url: '/parcels',
      status: 401,
      route: '/parcels',
      event: 'revoked_key',
      headers: { authorization: 'Bearer x' },
    }),
  ],
  [
    'a client whose key has expired, each second for a day, which is the longest look',
    eachSecond(1, {
      url: '/parcels',
      status: 401,
      route: '/parcels',
      event: 'expired_key',
      headers: { authorization: 'Bearer x' },
    }),
  ],
  [
    'a client with one token that is no good, by POST each second',
    eachSecond(0.2, {
      ...{ url: '/graphql', method: 'POST', status: 401, route: '/graphql', event: 'invalid_token' },
      headers: { authorization: 'Bearer x' },
    }),
  ],
  [
    'a client of a guard of the app itself, with one dead cookie',
    eachSecond(0.2, {
      url: '/save',
      method: 'POST',
      status: 401,
      route: '/save',
      headers: { cookie: 'sid=1' },
    }),
  ],
  [
    'a script with a wrong password, each second, whatever cookie it gets',
    times(2_000, (index) => ({
      ...{ url: '/board', status: 401, route: '/board', after: 1 },
      headers: { authorization: 'Basic YTpi', cookie: `sid=${index % 3}` },
    })),
  ],
  [
    'four who mistype their passwords in the box of a browser',
    times(8, (index) => ({
      ...{ url: '/board', status: 401, route: '/board', after: 140 },
      headers: { ...BROWSER, authorization: `Basic ${btoa(`user${index % 4}:${index}`)}` },
    })),
  ],
  [
    'short links in a page that is checked',
    times(24, (index) => ({
      ...{ url: `/QXRT${String.fromCharCode(65 + index)}V`, status: index % 6 ? 302 : 404, route: '/:link' },
      after: 0.1,
    })),
  ],
  [
    'a house with three old machines, and Internet Explorer 11 in a network of before',
    times(300, (index) => ({
      ...{ url: '/', status: 200, route: '/', after: 0.2 },
      headers: {
        'user-agent': [
          'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)',
          'Mozilla/5.0 (Windows; U; Windows NT 5.1; de; rv:1.9.2.3) Gecko/20100401 Firefox/3.6.3',
          'Mozilla/5.0 (iPad; U; CPU OS 3_2 like Mac OS X; en-us) AppleWebKit/531.21.10 (KHTML, like Gecko) Version/4.0.4 Mobile/7B334b Safari/531.21.10',
          `Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; Kiosk ${index})`,
          `Opera/9.80 (Android; Opera Mini/${index}.2254/119.132; U; id) Presto/2.12.423 Version/12.16`,
        ][index % 5] as string,
      },
    })),
  ],
  [
    'a client that names our host in each of its URLs',
    times(200, (index) => ({
      ...{ url: `http://api.example/items/${index}`, status: 200, route: '/items/:id', after: 1 },
      headers: { host: 'api.example' },
    })),
  ],
  [
    'an office of twelve with tokens of before a restart',
    times(240, (index) => ({
      ...{ url: `/board/${index % 20}`, status: 401, route: '/board/:id', event: 'unknown_kid', after: 0.5 },
      headers: { authorization: `Bearer ${index % 12}` },
    })),
  ],
  [
    'thirty wrong paths by Postman',
    times(30, (index) => ({
      ...{ url: `/api/v${index}/${api(index)}`, method: index % 3 ? 'GET' : 'POST' },
      ...{ status: index % 5 ? 404 : 405, after: 0.3, headers: { 'user-agent': 'PostmanRuntime/7.45.0' } },
    })),
  ],
  [
    'a sync of SQLite files',
    times(300, (index) => ({
      url: `/sync/device-${index}.sqlite`,
      status: 200,
      route: '/sync/*path',
      after: 1,
    })),
  ],
  [
    'a sync of SQLite files that are looked for before they are sent',
    times(40, (index) => ({
      url: `/files/${index}.sqlite`,
      method: 'HEAD',
      route: '/files/:name',
      after: 1,
    })),
  ],
  [
    'a sync of SQLite files that nobody serves',
    times(40, (index) => ({ url: `/files/${index}.sqlite`, after: 3 })),
  ],
  [
    'what standards put under .well-known',
    [
      'security.txt',
      'change-password',
      'assetlinks.json',
      'apple-app-site-association',
      'openid-configuration',
      'gpc.json',
    ].map((name) => ({ url: `/.well-known/${name}` })),
  ],
  [
    'a reader of feeds',
    times(500, (index) => ({ url: ['/feed', '/rss.xml', '/atom.xml'][index % 3] as string, after: 60 })),
  ],
  [
    'filters of an API',
    times(50, (index) => ({
      url: `/books?filter[price][$gt]=${index}&where={"a":"b"}&sort=-x&fields[]=id&url=http://localhost:3000/cb`,
      ...{ status: 200, route: '/books', after: 1 },
    })),
  ],
  [
    'what OData and Lucene ask',
    [
      ..."$filter=Name eq 'a' or Name eq 'b'|q=title:\"x y\" AND (a OR b)|q=-foo +bar*|$select=Id,Name&$orderby=Name desc"
        .split('|')
        .map((query) => ({ url: `/items?${encodeURI(query)}`, status: 200, route: '/items' })),
    ],
  ],
  [
    'somebody who mistypes a password',
    times(5, () => ({
      url: '/login',
      method: 'POST',
      status: 401,
      route: '/login',
      event: 'login_failed',
      after: 8,
    })),
  ],
  [
    'a user who opens five hundred things that are gone',
    times(500, (index) => ({ url: `/orders/${index}`, route: '/orders/:id', user: 'ada', after: 0.1 })),
  ],
  [
    'an app of one page that is reloaded in many places',
    times(300, (index) => ({ url: `/app/orders/${index}?tab=a`, status: 200, route: '/*', after: 1 })),
  ],
];

/** What other people and programs put into a URL, each by itself. */
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  'texts about databases': [
    'how to select a name from a list',
    'union of two sets',
    'group by age or by name',
    'drop a table at IKEA',
    'the best of 1 or 2',
  ],
  'names and quotes': [
    "O'Brien",
    "D'Angelo & Sons",
    '"Tom\'s" diner',
    "rock 'n' roll",
    "l'or et l'argent",
    "the boys' room and more",
    '12" vinyl',
  ],
  'languages of the world': [
    'Müller & Söhne',
    '東京 OR 大阪',
    'Привет; как дела?',
    'ça va? – oui!',
    'naïve (café)',
    'שלום <3',
  ],
  markdown: [
    '# Title',
    '**bold** and _italic_',
    '[a link](https://example.com)',
    '- one\n- two',
    '`code`',
    '> quoted -- by me',
  ],
  'snippets of code': [
    'array.map(x => x * 2)',
    'if (a < b) return a',
    'console.log("hi")',
    'const a = b || c',
    'print("hello")',
    'SELECT 1',
  ],
  'regular expressions': ['^[a-z]+$', '(foo|bar)*', '\\d{3}-\\d{4}', '[^/]+/\\.\\.?', '(?:a|b)+?'],
  'selectors and styles': [
    'div > p',
    'a[href="x"]',
    '#main .item:hover',
    'url(bg.png)',
    '@media print',
    'ul li:nth-child(2)',
  ],
  mathematics: ['3*4+(2-1)', 'a && b', '1<2', 'x^2 = 4', '5 > 3 or 2 > 1', '100% of 7'],
  paths: [
    'C:\\Users\\ada\\notes.txt',
    '/home/ada/report.pdf',
    '\\\\server\\share\\a.doc',
    '../images/a.png',
    './a/b.md',
  ],
  'paths of JSON': ['$.store.book[*].author', '$..price', '$.items[?(@.price < 10)]', '/a/b/0'],
  'queries of search engines': [
    'title:"x y" AND (a OR b)',
    '+foo -bar*',
    'name:jo*n~2',
    'date:[2020 TO 2024]',
    'field:"a" || field:"b"',
  ],
  'filters of FIQL and OData': [
    'name==bar;age=gt=10',
    "Name eq 'O''Neil' and Price lt 10",
    "contains(Name,'x')",
    'age>=18,(name==a*)',
    "startswith(City,'Z') or Id in (1,2)",
  ],
  'JSON in a query': [
    '{"name":"a","tags":["x","y"]}',
    '{"where":{"age":{"gt":3}}}',
    '[{"id":1},{"id":2}]',
    '{"$select":["id"]}',
  ],
  'GraphQL by GET': [
    '{ user(id: 1) { name } }',
    'query($id: ID!) { item(id: $id) { id } }',
    'mutation { add(a: "b") { id } }',
  ],
  'addresses to come back to': [
    'https://app.example.com/cb?a=b',
    'http://localhost:3000/callback',
    'myapp://done',
    'https://example.com/a.php?x=1',
  ],
  'cron, versions and ranges': [
    '*/5 * * * *',
    '^1.2.3 || >=2.0.0-rc.1',
    '~> 2.1',
    '2024-01-01..2024-12-31',
    '0 0 * * 1-5',
  ],
  'long values': [
    'a'.repeat(400),
    'QUJD'.repeat(80),
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln',
    '550e8400-e29b-41d4-a716-446655440000',
  ],
  'addresses of machines': ['[2001:db8::1]:443', '192.0.2.7/24', '::1', 'fe80::1%eth0', 'a+b@example.com'],
};

const WRITTEN_SCENES = Object.entries(WRITTEN).flatMap(([what, texts]) =>
  [200, 404].map(
    (status) =>
      [
        `${what}, answered ${status}`,
        times(texts.length * 4, (index) => ({
          url: `/items?q=${encodeURIComponent(texts[index % texts.length] as string)}`,
          ...{ status, route: '/items', after: 1, headers: BROWSER },
        })),
      ] as const,
  ),
);

const MORE_SCENES: readonly (readonly [string, Iterable<Asked>])[] = [
  ...WRITTEN_SCENES,
  [
    'an app with a guard of its own that is polled by POST',
    eachSecond(0.2, { url: '/events', method: 'POST', status: 401, route: '/events' }),
  ],
  [
    'a session that has ended and is prolonged each second',
    eachSecond(0.2, { url: '/auth/refresh', method: 'POST', status: 401, route: '/auth/refresh' }),
  ],
  ['parameters of segments', times(40, (index) => ({ url: `/map;zoom=${index};lang=de/tiles`, after: 1 }))],
  [
    'files with dots in their names',
    times(40, (index) => ({ url: `/docs/v1.2.${index}/a.min.b.html`, after: 1 })),
  ],
  ['pictures whose names a template has left out', times(40, () => ({ url: '/avatars/.png', after: 1 }))],
  ['a blog that tells of a link', [{ url: '/xmlrpc.php', method: 'POST' }, { url: '/feed' }]],
  [
    'a page of another site with eight pictures of ours that are gone',
    times(8, (index) => ({ url: `/wp-content/plugins/a/${index}.php`, headers: CROSS_SITE })),
  ],
];

describe('an honest caller is neither banned nor past half of a limit:', () => {
  it.each([...SCENES, ...MORE_SCENES])('%s', async (_, requests) => {
    const { bannedBy, share, rule } = await play(requests);
    expect({ bannedBy, isPast: share > 0.5 ? `${rule}: ${share}` : false }).toEqual({
      bannedBy: [],
      isPast: false,
    });
  });
});
