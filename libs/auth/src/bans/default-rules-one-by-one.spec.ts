import { DEFAULT_STRIKE_RULES } from './default-strike-rules.js';
import { type Asked, play } from './scene.spec-support.js';
import type { StrikeRule } from './strike-rules.js';

const LOGIN = { url: '/login', method: 'POST', status: 401, route: '/login' };
const known = (event: string, status = 401): Asked => ({ url: '/items', status, route: '/items', event });
const page = (url: string): Asked => ({ url });
const OWNED = { url: '/items/7', status: 404, route: '/items/:id' };

/** What the rule is about, and what is like it and is not. */
const SCENES: Readonly<Record<string, readonly [attack: Asked, honest: Asked]>> = {
  'credential-stuffing': [known('login_failed'), known('credentials_required')],
  'mfa-guessing': [known('mfa_failed'), known('credentials_required')],
  'key-guessing': [known('bad_key'), known('credentials_required')],
  'client-guessing': [known('oauth_client_failed'), known('credentials_required')],
  'code-guessing': [known('user_code_failed'), known('credentials_required')],
  'token-forging': [known('invalid_token'), known('credentials_required')],
  'dead-credentials': [known('expired_key'), known('credentials_required')],
  'session-guessing': [known('invalid_refresh_token'), known('credentials_required')],
  'algorithm-attack': [known('algorithm_attack'), known('credentials_required')],
  'rate-limit': [known('rate_limit_ignored', 429), known('rate_limited', 429)],
  honeypot: [known('honeypot', 404), known('credentials_required', 404)],
  'telltale-path': [page('/.env'), page('/environment')],
  'project-file': [page('/package.json'), page('/package')],
  'foreign-console': [page('/wp-admin'), page('/admin')],
  'foreign-console-write': [
    { url: '/wp-admin', method: 'POST' },
    { url: '/admin', method: 'POST' },
  ],
  'foreign-login': [
    { url: '/webmail/', method: 'POST' },
    { url: '/mail/', method: 'POST' },
  ],
  'login-rush': [
    { url: '/api/login', method: 'POST' },
    { url: '/api/items?return_to=/login', method: 'POST' },
  ],
  'foreign-file': [page('/x.php'), page('/x.html')],
  'foreign-technology': [page('/x.aspx'), page('/x.html')],
  'scanner-agent': [
    { url: '/', status: 200, route: '/', headers: { 'user-agent': 'sqlmap/1.8' } },
    { url: '/', status: 200, route: '/', headers: { 'user-agent': 'curl/8.5' } },
  ],
  'certain-payload': [page('/x?q=$%7Bjndi:x%7D'), page('/x?q=jndi')],
  'certain-payload-owned': [
    { url: '/x?q=$%7Bjndi:x%7D', status: 400, route: '/x' },
    { url: '/x?q=jndi', status: 400, route: '/x' },
  ],
  'likely-payload': [page('/x?q=%3Cscript%3E'), page('/x?q=script')],
  'likelier-payload': [page('/x?q=%3Cscript%3Ealert(1)'), page('/x?q=%3Cscript%3E')],
  'foreign-payload': [page('/x.php?q=%3Cscript%3E'), page('/x.html?q=%3Cscript')],
  'hinted-payload': [page('/x?q=%3Cb%3E'), page('/x?q=b')],
  'foreign-login-query': [
    { url: '/index.php?route=account/login', method: 'POST' },
    { url: '/index.php?route=account/orders', method: 'POST' },
  ],
  'folder-guessing': [page('/backup'), { url: '/backup', status: 200, route: '/*' }],
  'short-script': [page('/x.php'), page('/map.php')],
  'script-upload': [
    { url: '/x.jsp/', method: 'PUT' },
    { url: '/x.jspa', method: 'PUT' },
  ],
  'author-walking': [page('/?author=1'), page('/?author=ada')],
  'foreign-api': [page('/onvif/device_service'), page('/device_service')],
  'harvester-agent': [
    { url: '/', status: 200, route: '/', headers: { 'user-agent': 'Atomic_Email_Hunter/4.0' } },
    { url: '/', status: 200, route: '/', headers: { 'user-agent': 'Harvest/1.0' } },
  ],
  'document-guessing': [page('/v2/api-docs'), { url: '/v2/api-docs', status: 200 }],
  'foreign-inclusion': [
    page('/index.php?page=http://e.example/r57.txt?'),
    page('/goto.php?url=http://partner.example/about.html'),
  ],
  'foreign-file-rush': [page('/a.php'), page('/a.html')],
  'foreign-write-rush': [{ url: '/wp-cron.php', method: 'POST' }, page('/wp-cron.php')],
  'foreign-limit': [
    { url: '/search', status: 429, route: '/search' },
    { url: '/search', status: 503, route: '/search' },
  ],
  'login-guessing': [
    { ...LOGIN, status: 400, body: { password: 'x' } },
    { ...LOGIN, url: '/coupons', route: '/coupons', status: 400, body: { code: 'x' } },
  ],
  'path-probing': [page('/nowhere'), { url: '/nowhere', status: 200 }],
  'part-probing': [page('/gone.png'), { url: '/gone.png', status: 304 }],
  'id-probing': [OWNED, { ...OWNED, status: 200 }],
  'forbidden-ids': [
    { ...OWNED, status: 403, headers: { cookie: 'sid=1' } },
    { ...OWNED, status: 403 },
  ],
  'refused-credentials': [
    { ...OWNED, status: 403, headers: { authorization: 'Bearer x' } },
    { ...OWNED, status: 403 },
  ],
  'password-guessing': [
    { ...OWNED, status: 401, headers: { authorization: 'Basic YTpi' } },
    { ...OWNED, status: 401, headers: { authorization: 'Bearer YTpi' } },
  ],
  'password-rush': [
    { ...OWNED, status: 401, headers: { authorization: 'Basic YTpi' } },
    { ...OWNED, status: 403, headers: { authorization: 'Basic YTpi' } },
  ],
  'secret-guessing': [
    { ...LOGIN, url: '/client', route: '/client', body: { a: { pass_word: 1, userPassword: 'x' } } },
    { ...LOGIN, url: '/client', route: '/client', body: { pages: 'x', refresh_token: 'y' } },
  ],
  'random-paths': [
    { url: '/QWXEVB', status: 200, route: '/*' },
    { url: '/QWXEVB', status: 302, route: '/:link' },
  ],
  'past-agents': [
    {
      url: '/',
      status: 200,
      route: '/',
      headers: { 'user-agent': 'Mozilla/5.0 (compatible; MSIE 7.0; Windows NT 5.1)' },
    },
    {
      url: '/',
      ...{ status: 200, route: '/' },
      headers: {
        'user-agent': 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C)',
      },
    },
  ],
  'proxy-probing': [
    { url: 'http://elsewhere.example/', status: 200, route: '/', headers: { host: 'api.example' } },
    { url: 'http://api.example/', status: 200, route: '/', headers: { host: 'api.example' } },
  ],
  'refused-attempts': [LOGIN, { ...LOGIN, url: '/logout', route: '/logout' }],
  'cache-busting': [
    { url: '/?123456', status: 200, route: '/' },
    { url: '/?page=7', status: 200, route: '/' },
  ],
};

const RULES = DEFAULT_STRIKE_RULES;

/** What counts again only when it is something else. */
const ONCE = words(`
  key-guessing token-forging dead-credentials telltale-path project-file foreign-console foreign-file foreign-technology
  certain-payload-owned likely-payload likelier-payload foreign-payload hinted-payload author-walking folder-guessing short-script
  script-upload path-probing part-probing
  id-probing forbidden-ids refused-credentials password-guessing password-rush secret-guessing cache-busting random-paths past-agents
  foreign-api document-guessing foreign-inclusion foreign-file-rush login-guessing
`);

/** What somebody known does by mistake. */
const MISTAKES = words(`
  path-probing part-probing id-probing forbidden-ids refused-credentials password-guessing password-rush secret-guessing refused-attempts login-rush
  cache-busting random-paths past-agents foreign-file-rush foreign-write-rush foreign-limit login-guessing
`);

/** What another site can have made a browser ask for. */
const LENIENT = words(`
  telltale-path project-file foreign-console foreign-console-write foreign-login foreign-file foreign-technology certain-payload
  certain-payload-owned likely-payload likelier-payload foreign-payload hinted-payload author-walking folder-guessing short-script
  script-upload foreign-login-query honeypot foreign-api document-guessing foreign-inclusion foreign-file-rush foreign-write-rush
`);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** A part of a rule, where it has it. */
function pick(rule: StrikeRule, part: 'distinct'): Pick<StrikeRule, 'distinct'> {
  return rule[part] === undefined ? {} : { [part]: rule[part] };
}

/** The rules among some that a request strikes. */
async function struckBy(asked: Asked, ids: readonly string[]): Promise<readonly string[]> {
  const struck: string[] = [];
  for (const rule of RULES.filter(({ id }) => ids.includes(id)))
    if ((await play([asked], { rules: [rule] })).rule === rule.id) struck.push(rule.id);
  return struck;
}

it('has a scene of each rule, and of no other', () => {
  expect(Object.keys(SCENES).sort()).toEqual(RULES.map(({ id }) => id).sort());
});

describe.each(Object.entries(SCENES))('%s', (id, [attack, honest]) => {
  it('is struck by the attack it is about', async () => {
    expect(await struckBy(attack, [id])).toEqual([id]);
  });

  it('is not struck by what is like it', async () => {
    expect(await struckBy(honest, [id])).toEqual([]);
  });

  const rule = RULES.find((each) => each.id === id) as StrikeRule;
  /** So heavy that the second of a kind bans, and that nothing else decides. */
  const { distinct: _, limitFactor: __, longer: ___, again: ____, ...bare } = { ...rule, score: 60 };

  it(`counts ${ONCE.includes(id) ? 'once' : 'each time'} what comes again`, async () => {
    const { bannedBy } = await play([attack, attack], { rules: [{ ...bare, ...pick(rule, 'distinct') }] });
    expect(bannedBy).toEqual(ONCE.includes(id) ? [] : [id]);
  });

  it(`${MISTAKES.includes(id) ? 'never counts' : 'counts'} against an address what somebody known goes on with`, async () => {
    const known = { ...attack, user: 'ada' };
    const { share } = await play([known, known, known, known], { rules: [bare] });
    expect(share > 0).toBe(!MISTAKES.includes(id));
  });

  it(`counts ${LENIENT.includes(id) ? 'little' : 'in full'} of what another site has made a browser ask for`, async () => {
    const headers = { ...attack.headers, 'sec-fetch-site': 'cross-site' };
    const { share } = await play([{ ...attack, method: 'GET', headers }], {
      rules: [{ ...bare, match: { ...rule.match, ...(rule.match.method && { method: 'GET' }) } }],
    });
    expect(share).toBeCloseTo(LENIENT.includes(id) ? 0.03 : 0.6);
  });
});
