import { type Asked, play } from './scene.spec-support.js';

const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
const PAGE = { status: 200, route: '/{*path}' };

const each = (count: number, ask: (index: number) => Asked): Asked[] =>
  Array.from({ length: count }, (_, index) => ask(index));
const gets = (paths: string, more: Partial<Asked> = {}): Asked[] =>
  paths.split(/\s+/).map((url) => ({ url, after: 0.2, headers: BROWSER, ...more }));
const again = (count: number, asked: readonly Asked[]): Asked[] => each(count, () => asked as never).flat();
const agent = (name: string) => ({ 'user-agent': name });
const bearer = { authorization: 'Bearer old' };
const query = (text: string) => encodeURIComponent(text);

/** What looks for itself, and what people leave open, running or behind. */
const LEFTOVERS: Readonly<Record<string, readonly Asked[]>> = {
  'an app of a phone with the token of before its password was changed': each(4_000, (index) => ({
    ...{ url: `/${['me', 'inbox', 'feed'][index % 3]}?since=${index}`, method: index % 2 ? 'POST' : 'GET' },
    ...{ status: 401, route: '/:thing/x', event: 'revoked_token', headers: bearer, after: 2 },
  })),
  'the same, where a guard of the app itself refuses it': each(4_000, (index) => ({
    ...{ url: `/api/inbox?since=${index}`, method: index % 2 ? 'POST' : 'GET', status: 401 },
    ...{ route: '/api/inbox', headers: bearer, after: 2 },
  })),
  'a login that is kept alive by a cookie that is over, by forty tabs': each(4_000, (index) => ({
    ...{ url: '/auth/session', method: index % 2 ? 'POST' : 'GET', status: 401, route: '/auth/session' },
    ...{ headers: { ...BROWSER, cookie: 'sid=over' }, after: 0.05 },
  })),
  'forty tabs of an app that nobody is logged in to any more': each(4_000, (index) => ({
    ...{ url: `/api/${['me', 'feed', 'unread', 'presence'][index % 4]}?t=${index}`, status: 401 },
    ...{ route: '/api/:thing', headers: { ...BROWSER, cookie: 'sid=over' }, after: 0.025 },
  })),
  'beacons to routes that are gone, again and again': each(400, (index) => ({
    ...{
      url: `/collect?e=view&cid=${index}&dl=https%3A%2F%2Fshop.example%2Fa%3Fb%3D${index}`,
      method: 'POST',
    },
    ...{ headers: BROWSER, after: 0.5 },
  })),
  'a blocker that lets forty beacons of a page fail': each(40, (index) => ({
    ...{ url: `/b/${index}/pixel.gif?id=${index}`, method: index % 2 ? 'GET' : 'POST', headers: BROWSER },
  })),
  'a proxy of a company that looks for icons and what standards name': again(
    12,
    gets(
      `/favicon.ico /favicon.png /favicon-32x32.png /apple-touch-icon.png /apple-touch-icon-precomposed.png /apple-touch-icon-180x180.png
      /apple-touch-icon-152x152-precomposed.png /browserconfig.xml /site.webmanifest /manifest.json /robots.txt /wpad.dat /proxy.pac
      /.well-known/change-password /.well-known/security.txt /.well-known/assetlinks.json /.well-known/apple-app-site-association
      /apple-app-site-association /.well-known/dnt-policy.txt /.well-known/traffic-advice /.well-known/http-opportunistic`,
      { after: 0 },
    ),
  ),
  'tools for developers, open all day': again(
    300,
    gets(
      '/.well-known/appspecific/com.chrome.devtools.json /src/main.ts.map /index.js.map /installHook.js.map',
    ),
  ),
  'an app that is installed, and its maps': gets(
    `/manifest.webmanifest /manifest.json /sw.js /sw.js.map /workbox-5ffe50d4.js /workbox-5ffe50d4.js.map /registerSW.js /offline.html
    /assets/index-B1c2.js.map /assets/index-B1c2.css.map /assets/vendor-9f.js.map /icons/192.png /icons/512.png /screenshots/wide.png
    /.well-known/web-app-origin-association /ngsw.json?ngsw-cache-bust=0.123 /asset-manifest.json /_next/static/chunks/app.js.map`,
  ),
  'a manager of passwords that looks for the page where one is changed': again(
    40,
    gets(
      '/.well-known/change-password /.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200 /.well-known/passkey-endpoints',
    ),
  ),
  'wget that mirrors an old site': each(60, (index) => ({
    ...{
      url:
        ['/robots.txt', `/old/${index}/index.html`, `/img/${index}.gif`, `/old/page${index}.php`][
          index % 4
        ] ?? '/',
    },
    ...{ headers: agent('Wget/1.21.4'), after: 1, status: index % 4 === 3 ? 200 : 404 },
    ...(index % 4 === 3 && { route: '/old/:page' }),
  })),
  'a reader of a feed that is gone, for a week': each(2_100, (index) => ({
    ...{ url: ['/feed/', '/wp-rss2.php', '/?feed=rss2'][index % 3] ?? '/', after: 300 },
    headers: agent('Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers)'),
  })),
  'lessons on SQL that are searched for': [
    ...`union all select null,null|' OR '1'='1|1; DROP TABLE students|admin'--|select * from information_schema.tables|sleep(10)|having 1=1`.split(
      '|',
    ),
  ].map((text) => ({
    ...{ url: `/lessons?q=${query(text)}`, status: 200, route: '/lessons', headers: BROWSER, after: 20 },
  })),
  'an editor of mails with templates': each(80, (index) => ({
    url: `/templates/${index % 5}/preview?text=${query(`Dear {{ customer.name }}, {% if order.${index} %}<b>\${total}</b>{% endif %} <%= footer %>`)}`,
    ...{ status: 200, route: '/templates/:id/preview', headers: BROWSER, after: 2 },
  })),
  'the same, where the preview is a form that is wrong': each(12, (index) => ({
    url: `/templates/1/preview?text=${query('{{ name }}'.slice(0, index + 1))}`,
    ...{ status: 422, route: '/templates/:id/preview', headers: BROWSER, after: 1 },
  })),
  'GraphQL and JSON in queries, some of which are wrong': each(100, (index) => ({
    url: `/graphql?query=${query(`query Q($a:[String!]){items(where:{price_gt:${index},or:[{a:$a}]}){id ...on Book{title}}}`)}&variables=${query(`{"a":["x'y","<b>"],"$ne":${index}}`)}&extensions=${query('{"persistedQuery":{"version":1}}')}`,
    ...{ status: index % 3 ? 200 : 400, route: '/graphql', headers: BROWSER, after: 0.5 },
  })),
  'tokens in queries, each second': each(2_000, (index) => ({
    url: `/stream?access=eyJhbGciOiJFUzI1NiJ9.${btoa(`{"sub":"u${index % 9}"}`)}.c2lnbmF0dXJl&redirect=${query('https://app.example/a?b=../c')}`,
    ...{ status: index % 2 ? 200 : 401, route: '/stream', headers: BROWSER, after: 1 },
  })),
  'a manager of files whose names begin with a dot, or end as copies do': [
    ...'.bashrc|.gitignore|.env.example|notes.bak|config.old|wp-config.php|a..b.txt|..hidden|index.php~|dump.sql.gz|x.swp|..|backup.zip|id_rsa.pub'.split(
      '|',
    ),
  ].flatMap((name) => [
    { url: `/files/${query(name)}`, status: 200, route: '/files/:name', headers: BROWSER, after: 1 },
    { url: `/files/meta?name=${query(name)}`, status: 200, route: '/files/meta', headers: BROWSER, after: 1 },
  ]),
  'a sync of things that were deleted': each(280, (index) => ({
    ...{ url: `/api/items/${index}`, method: index % 2 ? 'GET' : 'DELETE', status: index % 3 ? 404 : 410 },
    ...{ route: '/api/items/:id', headers: agent('sync/2.1'), after: 1 },
  })),
  'a job that may not see one thing, and asks each second': each(4_000, () => ({
    ...{ url: '/api/reports/7', status: 403, route: '/api/reports/:id', headers: { ...bearer }, after: 1 },
  })),
  'the same with a credential that it renews each hour': each(4_000, (index) => ({
    ...{ url: '/api/reports/7', status: 403, route: '/api/reports/:id', after: 20 },
    headers: { authorization: `Bearer ${Math.floor(index / 180)}` },
  })),
  'who checks links, to pages that are gone, by HEAD and then by GET': each(90, (index) => ({
    ...{ url: `/docs/v1/page-${Math.floor(index / 2)}`, method: index % 2 ? 'GET' : 'HEAD', after: 0.3 },
    headers: agent('W3C-checklink/4.81'),
  })),
  'a monitor that asks by HEAD for a page that is gone': each(10_000, () => ({
    ...{ url: '/status.php', method: 'HEAD', headers: agent('UptimeRobot/2.0'), after: 30 },
  })),
  'a hook that is sent again to a route that is gone, each minute for three days': each(4_320, (index) => ({
    ...{ url: `/webhooks/stripe?attempt=${index}`, method: 'POST', headers: agent('Stripe/1.0'), after: 60 },
  })),
  'the same to a script that was here once, until its sender gives up': each(5, (index) => ({
    ...{ url: '/hooks/paypal.php', method: 'POST', headers: agent('PayPal IPN'), after: 60 * 2 ** index },
  })),
  'a thing whose clock is wrong, each second': each(9_000, (index) => ({
    ...{ url: '/telemetry', method: 'POST', status: 401, route: '/telemetry', event: 'invalid_token' },
    ...{ headers: { authorization: `Bearer ${Math.floor(index / 3_000)}` }, after: 1 },
  })),
  'three hundred people behind one address, one of whom looks around': each(6_000, (index) => ({
    ...(index % 1_000 === 7
      ? {
          url: `/${['admin', 'wp-login.php', 'backup', 'old', 'test', 'phpmyadmin'][Math.floor(index / 1_000)]}`,
        }
      : { url: `/items/${index % 300}`, status: 200, route: '/items/:id', user: `u${index % 300}` }),
    ...{ headers: BROWSER, after: 0.3 },
  })),
  'people behind one address who mistype what they log in with': each(30, (index) => ({
    ...{ url: '/login', method: 'POST', status: 401, route: '/login', headers: BROWSER, after: 45 },
    body: { user: `u${index}`, password: `p${index}` },
  })),
  'a device that logs in each second where nobody is': each(3_000, () => ({
    ...{ url: '/api/login', method: 'POST', headers: agent('ESP32 HTTP Client/1.0'), after: 1 },
    body: { device: 'a1', secret: 'x' },
  })),
  'services and phones that have the wrong host': each(2_000, (index) => ({
    url: [
      ...[
        '/auth/realms/shop/protocol/openid-connect/token',
        '/identity/connect/token',
        '/jellyfin/Users/AuthenticateByName',
      ],
      ...[
        '/sonarr/api/v3/command',
        '/artifactory/libs/a.jar',
        '/mediawiki/api.php',
        '/nexus/repository/a',
        '/horde/rpc.php',
      ],
    ][index % 8] as string,
    ...{ method: index % 4 ? 'POST' : 'PUT', after: 20 },
  })),
  'people of one carrier who log in to what a proxy behind a wildcard answers': each(300, (index) => ({
    ...{
      url: '/login',
      method: 'POST',
      ...PAGE,
      status: index % 4 ? 302 : 200,
      headers: BROWSER,
      after: 1.2,
    },
    body: { user: `u${index}`, password: `p${index}` },
  })),
  'what tells of pages, among them those where people log in': each(400, (index) => ({
    ...{
      url: `/collect?dl=https%3A%2F%2Fshop.example%2Flogin&n=${index}`,
      method: 'POST',
      headers: BROWSER,
      after: 0.1,
    },
  })),
  'logs and documents that are sent where nobody takes them': each(400, (index) => ({
    url: ['/log-ingest', '/v1/log_inserts', '/api/signing', '/cataloging', '/blogin/a', '/dialogs'][
      index % 6
    ] as string,
    ...{ method: 'POST', after: 0.1 },
  })),
  'hooks to scripts of accounts that are gone, each minute for three days': each(4_320, (index) => ({
    url: ['/account/notify.php', '/user_hook.php', '/admin/ipn.php', '/hooks/members.php'][
      index % 4
    ] as string,
    ...{ method: 'POST', headers: agent('Hookshot/2.0'), after: 60 },
  })),
  'a person who tries old passwords, and then asks for a new one': each(7, (index) => ({
    ...{ url: '/client', method: 'POST', status: 401, route: '/client', headers: BROWSER, after: 5 },
    body: { user: 'ada', password: `old${index}` },
  })),
  'a browser that fetches ahead what a page links to': each(60, (index) => ({
    ...{ url: `/articles/${index}`, route: '/{*path}', status: 200, after: 0.02 },
    headers: { ...BROWSER, 'sec-purpose': 'prefetch', 'sec-fetch-site': 'same-origin' },
  })),
  'the same, of which half is gone': each(60, (index) => ({
    ...{ url: `/articles/${index}`, status: index % 2 ? 404 : 200, after: 0.02 },
    ...(index % 2 === 0 && { route: '/articles/:id' }),
    headers: { ...BROWSER, 'sec-purpose': 'prefetch', 'sec-fetch-site': 'same-origin' },
  })),
  'a router of an app of one page with names of other software': gets(
    '/admin /login /console /grafana /jenkins /administrator /manager /dashboard/config /settings/env /logs /backup /test /wp',
    PAGE,
  ),
  'a form that a person sends again and again, which is refused': each(12, (index) => ({
    ...{ url: '/register', method: 'POST', status: 400, route: '/register', headers: BROWSER, after: 6 },
    body: { email: 'a@b.example', password: 'x'.repeat(index) },
  })),
};

describe('nobody who means well is banned or past half of a limit:', () => {
  it.each(Object.entries(LEFTOVERS))('%s', async (_, requests) => {
    const { bannedBy, abusedBy, share, rule } = await play(requests);
    expect({ bannedBy, abusedBy, isPast: share > 0.5 ? `${rule}: ${share}` : false }).toEqual({
      bannedBy: [],
      abusedBy: [],
      isPast: false,
    });
  });
});
