import { type Asked, play } from './scene.spec-support.js';

const list = (text: string) => text.split(/\s+/).filter((each) => each !== '');
const gets = (paths: string, more: Partial<Asked> = {}): Asked[] =>
  list(paths).map((url) => ({ url, after: 1, ...more }));
const again = (count: number, asked: readonly Asked[]): Asked[] =>
  Array.from({ length: count }, () => asked).flat();
const each = (count: number, ask: (index: number) => Asked): Asked[] =>
  Array.from({ length: count }, (_, index) => ask(index));
const agent = (name: string) => ({ headers: { 'user-agent': name } });
const PAGE = { status: 200, route: '/{*path}' };

/** What programs do that mean well, on an app that has nothing for them. */
const PROGRAMS: Readonly<Record<string, readonly Asked[]>> = {
  'a browser that looks for icons and what standards name': gets(
    `/favicon.ico /favicon.svg /apple-touch-icon.png /apple-touch-icon-precomposed.png /apple-touch-icon-120x120.png
    /browserconfig.xml /manifest.json /site.webmanifest /sw.js /service-worker.js /opensearch.xml /robots.txt /humans.txt
    /.well-known/appspecific/com.chrome.devtools.json /.well-known/traffic-advice /.well-known/passkey-endpoints /.well-known/dnt-policy.txt`,
  ),
  'readers of what advertisers and researchers look for': gets(
    `/ads.txt /app-ads.txt /sellers.json /security.txt /.well-known/security.txt /llms.txt /llms-full.txt /ai.txt /trust.txt
    /sitemap.xml /sitemap_index.xml /sitemap.txt /sitemap.xml.gz /crossdomain.xml /clientaccesspolicy.xml /.well-known/gpc.json
    /.well-known/ai-plugin.json /.well-known/nodeinfo /.well-known/webfinger?resource=acct:a@b.example /.well-known/host-meta
    /.well-known/matrix/client /.well-known/matrix/server /.well-known/openid-configuration /.well-known/oauth-authorization-server`,
  ),
  'Outlook that looks for its settings': again(
    6,
    gets(
      `/autodiscover/autodiscover.xml /Autodiscover/Autodiscover.xml
      /autodiscover/autodiscover.json/v1.0/ada@example.com?Protocol=AutodiscoverV1&RedirectCount=1 /autodiscover/autodiscover.xml`,
      {
        ...agent('Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)'),
        method: 'POST',
      },
    ),
  ),
  'phones whose mail was once here': each(60, (index) => ({
    url: `/Microsoft-Server-ActiveSync?User=ada&DeviceId=A1B2C3&DeviceType=iPhone&Cmd=${['Ping', 'Sync', 'FolderSync'][index % 3]}`,
    ...{ method: index % 4 ? 'POST' : 'OPTIONS', after: 50, ...agent('Apple-iPhone15C2/2202.51') },
  })),
  'Word that opens a link': again(3, [
    { url: '/reports/q3.docx', method: 'OPTIONS', ...agent('Microsoft Office Word 2014') },
    { url: '/reports/q3.docx', method: 'HEAD', ...agent('Microsoft Office Existence Discovery') },
    { url: '/_vti_inf.html', ...agent('Mozilla/4.0 (compatible; MS FrontPage 4.0)') },
    { url: '/_vti_bin/shtml.dll/_vti_rpc', method: 'POST', ...agent('MSFrontPage/16.0') },
    { url: '/_vti_bin/webs.asmx', method: 'POST', ...agent('MSFrontPage/16.0') },
    { url: '/reports', method: 'PROPFIND', status: 405, ...agent('Microsoft-WebDAV-MiniRedir/10.0.19045') },
  ]),
  'a calendar that looks for its server': again(4, [
    ...gets('/.well-known/caldav /principals/ / /calendar/dav/ada/user/ /dav/ /caldav.php /caldav/v2/', {
      method: 'PROPFIND',
      status: 405,
      ...agent('iOS/17.5 (21F79) dataaccessd/1.0'),
    }),
  ]),
  'a client of Nextcloud that has the wrong host': again(
    20,
    gets('/status.php /remote.php/dav/ /ocs/v2.php/cloud/user', { after: 30 }),
  ),
  'git over HTTP': again(
    5,
    gets(
      `/team/app.git/info/refs?service=git-upload-pack /team/app/info/refs?service=git-upload-pack /team/app.git/HEAD
      /team/lib.git/info/refs?service=git-receive-pack /team/app.git/info/lfs/objects/batch`,
      agent('git/2.45.0'),
    ),
  ),
  'managers of packages': gets(
    `/@scope%2fname /lodash /-/ping /-/whoami /-/npm/v1/security/advisories/bulk /-/v1/search?text=a /simple/requests/ /pypi/requests/json
    /p2/vendor/name.json /packages.json /v2/ /v2/library/alpine/manifests/3.19 /v3/index.json /FindPackagesById()?id='a'&semVerLevel=2.0.0
    /org/example/lib/1.0/lib-1.0.pom /org/example/lib/maven-metadata.xml /dists/stable/InRelease /repodata/repomd.xml /index.yaml
    /specs.4.8.gz /api/v1/crates/serde /golang.org/x/net/@v/list /golang.org/x/net/@latest /module?go-get=1 /conda/noarch/repodata.json`,
  ),
  'checks of balancers and monitors': again(
    200,
    gets(
      '/health /healthz /livez /readyz /ping /status /actuator/health /metrics /nginx_status /server-status?auto',
      { after: 2 },
    ),
  ),
  'a monitor that has no agent': each(300, () => ({ url: '/', status: 404, after: 10, headers: {} })),
  'readers of feeds that guess': again(
    10,
    gets(
      '/feed /feed/ /rss /rss.xml /atom.xml /index.xml /feed.xml /?feed=rss2 /feed.json /blog/feed /index.rdf /comments/feed /rss.php',
      {
        after: 20,
      },
    ),
  ),
  'a checker of links': each(80, (index) => ({
    url: `/blog/20${10 + (index % 12)}/post-${index}.html`,
    ...{
      method: index % 2 ? 'GET' : 'HEAD',
      after: 4,
      ...agent('LinkChecker/10.2 (+https://linkchecker.github.io/linkchecker/)'),
    },
  })),
  'previews of links in chats': gets(
    '/invoices/1?token=abc /invoices/1?token=abc /favicon.ico /oembed?url=https%3A%2F%2Fa.example%2Fx',
    {
      ...agent('Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5'),
      status: 401,
    },
  ),
  'an app of a phone whose token is dead, on paths that have moved': each(300, (index) => ({
    url: `/api/v1/${['me', 'feed', 'inbox', 'sync', 'push/register', 'analytics/telemetry', 'account/forgot-password'][index % 7]}?since=${index}`,
    ...{ status: 401, after: 3, headers: { authorization: 'Bearer old' } },
  })),
  'the same by POST on a path that is gone': each(200, (index) => ({
    ...{ url: `/analytics/telemetry?batch=${index}`, method: 'POST', after: 5 },
  })),
  'a device whose clock was set back': each(200, (index) => ({
    url: `/ingest?ts=1970-01-01T00%3A00%3A${String(index % 60).padStart(2, '0')}Z`,
    ...{
      method: 'POST',
      status: 401,
      route: '/ingest',
      event: 'expired_token',
      after: 10,
      headers: { authorization: 'Bearer x' },
    },
  })),
  'a deployment of an app of one page': [
    ...each(40, (index) => ({ url: `/assets/chunk-${index}.${index % 2 ? 'js' : 'css'}`, after: 0.05 })),
    ...gets(
      '/asset-manifest.json /version.json /config.json /env.js /ngsw.json /build-manifest.json /_next/data/abc/index.json',
    ),
  ],
  'who reads an app of one page about other software': [
    ...gets(
      `/docs/integrations/grafana /docs/integrations/jenkins /docs/integrations/kibana /docs/integrations/drupal /docs/integrations/magento
      /docs/integrations/moodle /docs/integrations/zabbix /docs/integrations/nextcloud /docs/integrations/phpmyadmin /docs/geoserver
      /docs/integrations/telescope /docs/integrations/roundcube /docs/struts /docs/jolokia /settings/synchronization /administrator/users
      /administrator/roles /administrator/logins /administrator/keys /administrator/audit /administrator/teams /administrator/mails
      /remote/login /viewer/live /console /dashboard /admin /login /userportal /images/json`,
      PAGE,
    ),
  ],
  'an app of one page with pages that folders are called like': gets(
    '/admin /logs /config /files /upload /data /portal /console /manage /archive /export /import /mail /debug /backup /test /src /lib',
    PAGE,
  ),
  'who looks for where to log in': gets(
    '/admin /administrator /login /portal /console /manage /panel /dashboard',
  ),
  'who saves a page of an old site by WebDAV, again and again': each(10, () => ({
    ...{
      url: '/site/index.php',
      method: 'PUT',
      after: 60,
      ...agent('Microsoft-WebDAV-MiniRedir/10.0.19045'),
    },
  })),
  'an old site with two pages of one letter': gets('/s.php?q=a /p.php?id=1 /p.php?id=2'),
  'books of an author': each(30, (index) => ({ url: `/blog?author=${index}`, after: 2, ...PAGE })),
  'who reads about files': gets(
    `/docs/package-json /docs/docker-compose /docs/env-files /docs/git-config /docs/htaccess /blog/what-is-etc-passwd
    /blog/wp-login-explained /en/xmlrpc /blog/php-info /docs/config-yml /docs/.net-core /v1.2/docs /blog/sql-injection`,
    PAGE,
  ),
  'a hook of a shop with HTML': each(50, (index) => ({
    url: `/hooks/orders?note=${encodeURIComponent(`<p>Order <b>${index}</b></p>`)}`,
    ...{ method: 'POST', status: 204, route: '/hooks/:name', after: 5 },
  })),
  'a site that teaches SQL': list(
    'select*from users;|drop table a;|1 or 1=1|union select 1'.replaceAll(' ', '+'),
  )
    .flatMap((line) => line.split('|'))
    .map((text) => ({ url: `/playground?sql=${text}`, status: 200, route: '/playground', after: 2 })),
  'GraphQL by GET': each(60, (index) => ({
    url: `/graphql?query=${encodeURIComponent(`query($id:ID!){item(id:$id){id name(format:"x${index}")}}`)}&variables=${encodeURIComponent(`{"id":"${index}"}`)}`,
    ...{ status: 200, route: '/graphql', after: 0.5 },
  })),
  'FHIR and OData': each(60, (index) => ({
    url: `/fhir/Patient?name:contains=O'Neil&_has:Observation:patient:code=http://loinc.org|1234-5&birthdate=ge19${(index % 60) + 10}-01-01&_include=*&$filter=contains(Name,'x')`,
    ...{ status: index % 3 ? 200 : 400, route: '/fhir/:type', after: 1 },
  })),
  'addresses that are signed': each(60, (index) => ({
    url: `/files/${index}.pdf?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20240101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=ab%2Bc%2F%3D%3D&response-content-disposition=attachment%3B%20filename%3D%22a%20b.pdf%22`,
    ...{ status: 403, route: '/files/:name', after: 2 },
  })),
  'who comes back from a login elsewhere': each(40, (index) => ({
    url: `/callback?code=4%2F0Ab${index}&state=${encodeURIComponent(`{"n":"x${index}","to":"/orders?a=1&b=2"}`)}&scope=email+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.email`,
    ...{ status: index % 4 ? 302 : 400, route: '/callback', after: 3 },
  })),
  'addresses in other alphabets': list('каталог/стул 検索/寿司 مقالات/جديد Größe/Übergröße naïve/café').map(
    (path) => ({
      url: `/${path.split('/').map(encodeURIComponent).join('/')}?q=${encodeURIComponent('"слово" & ещё; 100%')}`,
      after: 1,
    }),
  ),
  'exports of tables': each(30, (index) => ({
    url: `/export.csv?columns=a,b,c&filter[status][]=open&filter[age][$gt]=${index}&formula=${encodeURIComponent('=SUM(A1:A9)')}&sep=;`,
    ...{ status: 200, route: '/export.csv', after: 2 },
  })),
  'Postman that tries methods': list('GET POST PUT PATCH DELETE OPTIONS HEAD PROPFIND TRACE').flatMap(
    (method) =>
      ['/api/items', '/api/items/1', '/api/v2/items'].map((url) => ({ url, method, status: 405, after: 1 })),
  ),
  'many people of one carrier, after an advertisement': each(200, (index) => ({
    url: `/?utm_source=tv&utm_id=x${index}`,
    ...{ status: 200, route: '/', after: 0.05 },
  })),
  'who searches from the first page': each(60, (index) => ({
    url: `/?q=${'typing'.repeat(3).slice(0, (index % 17) + 1)}`,
    ...{ status: 200, route: '/', after: 0.1 },
  })),
  'a blog that is told of links': [{ url: '/xmlrpc.php', method: 'POST' }],
};

describe('a program that means well is neither banned nor past half of a limit:', () => {
  it.each(Object.entries(PROGRAMS))('%s', async (_, requests) => {
    const { bannedBy, share, rule } = await play(requests);
    expect({ bannedBy, isPast: share > 0.5 ? `${rule}: ${share}` : false }).toEqual({
      bannedBy: [],
      isPast: false,
    });
  });
});
