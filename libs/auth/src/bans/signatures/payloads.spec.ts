import { TextNotes } from '../recent-texts.js';
import { screenIsRead, suspicionsOf } from './payload-screen.js';
import { HEADER, shapeOfPayload, TARGET, type TextKind } from './payload-search.js';
import { CERTAIN_PAYLOADS, HINTED_PAYLOADS, LIKELY_PAYLOADS, PAYLOAD_SIGNATURES } from './payloads.js';
import { undisguised, undisguisedTarget } from './undisguised.js';

/** An attack that is judged more mildly without the signature, and what is like it and means well; both are values of a query. */
type Pair = readonly [attack: string, honest: string];

const OF_FILES: Record<string, Pair> = {
  'a way out of the folder to a file': ['../var/log/syslog', 'log of the week'],
  'a long way out of the folder': ['../../../../x', 'a... b... c...'],
  'files of the accounts of a machine': ['etc/shadow', 'etc and passwords'],
  'a folder of Java': ['/WEB-INF/x', 'web-information'],
  'wrappers of PHP': ['php://input', 'php input'],
  'addresses of files': ['gopher://x', 'gopher prairie'],
  'a file of a machine': ['/var/log/syslog', 'var log'],
  'a disk of Windows': ['c:/users', 'c: users'],
  'out of the folder': ['../../x', 'a..b'],
  'secrets of a project': ['x/.ssh', 'x.ssh'],
  'a byte that ends a name': ['a\0b', 'a0b'],
  'up once': ['../x', 'and so on..'],
  'a file by its name': ['config.yml', 'configuring'],
  'a temporary file': ['/tmp/x', 'tmp'],
  'addresses that are no web': ['ldap://x', 'ldap x'],
  'a copy of something': ['x.bak', 'baker.bakery'],
  'a file from elsewhere': ['http://a.example/x.txt', 'https://a.example/x'],
  'a development server': ['/@vite/client', '@vite'],
};

const OF_CODE: Record<string, Pair> = {
  'look-ups of Java': [`\${jndi:x}`, 'jndi: x'],
  'classes of Java': ['class.classLoader', 'class loader'],
  'expressions of Java': ['#_memberAccess', 'member access'],
  'calls of PHP': ['invokefunction', 'invoke function'],
  'variables of PHP': ['$_GET[x]', 'get x'],
  'modules of Python': ['__import__(x)', 'import x'],
  'modules of Node': ['child_process', 'child process'],
  'a part of a page of Drupal that is run': ['name[#post_render][]', 'name[#tag]'],
  'a page that passes for another': ['?jsp=/x;.jsp', '?jsp=/x.jsp'],
  'a step past a gate': ['middleware:middleware', 'middleware'],
  'an opening of PHP': ['<?php', 'php'],
  'a function of PHP': ['readfile(x', 'read file x'],
  'a function by its name in brackets': ['(system)(', 'the (system) x'],
  'packages of Java': ['java.lang', 'java language'],
  'a template': ['{{7*7}}', '7*7'],
  'names that all objects have': ['__proto__', 'proto'],
  'code of Node': ['process.exit', 'process exit'],
  'a loop without an end': ['while(true', 'while true'],
  'code of Ruby': ['Kernel.open', 'kernel opening'],
  'code of Windows': ['Server.MapPath', 'server map'],
  'what templates begin with': ['{{x}}', '{x}'],
  'a call of PHP': ['readfile()', 'read file'],
  'settings of PHP': ['memory_limit=1', 'memory limit'],
  'code of a function': ['return (x', 'return x'],
  'a script in the encoding of its first words': ['PD9waHA', 'PD8waHA'],
};

const OF_SHELLS: Record<string, Pair> = {
  shells: ['/bin/sh', 'bin and sh'],
  'functions in variables': ['() { :;};', '() and ;'],
  'a program that is fetched and run': ['?cd /tmp;rm -rf *', 'cd /tmp'],
  'spaces of a shell': ['a$IFS', 'a ifs'],
  'a command after another': [';id', 'id'],
  'a command line of PowerShell': ['pwsh -x', 'pwsh x'],
  'a command with an address': ['&wget http://a.example/', 'get a.example'],
  'a command put together': ["c''at /x", 'cat x'],
  'a loop of Windows': ['for %i in (x', 'for i in x'],
  'a whole command': ['whoami', 'who am i'],
  'a function of a shell': ['() {', '()'],
  'signs of a shell': ['x 2>y', 'x > y'],
  'a command with options': ['please curl -x', 'please curl it'],
  'a command by its name': ['alias x=y', 'alias x'],
  'braces of a shell': ['{a,b}', 'a,b'],
  'conditions of Windows': ['if exist x', 'if it exists'],
  'commands of PowerShell': ['get-content', 'get content'],
  'paths of a shell': ['x/usr/b?', 'usr b'],
};

const OF_SQL: Record<string, Pair> = {
  'sql procedures of an owner': ['xp_cmdshell', 'cmd shell'],
  'sql catalogues': ['information_schema', 'information schema'],
  'sql that takes its time': ['randomblob(1', 'random blob'],
  'sql of two halves': ['union select null', 'union selects'],
  'sql after a text': ["x' or y like z", "rock 'n' roll"],
  'sql after a number': ['1) or x', '1 of 2'],
  'sql union': ['union select x', 'the union selects'],
  'sql that is always so': ['x or 1=1', 'x or y'],
  'sql asks a table': ['select * x', 'select x'],
  'sql changes a table': [') drop table x', 'drop the table'],
  'sql functions': ['ascii(1', 'ascii 1'],
  'sql that ends a statement': ['@@version', 'version'],
  'sql words': ['delete from x', 'delete x'],
  'sql after a quote': ["x' in", "x's"],
  'sql conditions': ['x and 1', 'x and y'],
  'sql of json': ["'::text", 'text'],
  'sql numbers that overflow': ['1.00000000e-308', '1.5'],
};

const OF_SCRIPTS: Record<string, Pair> = {
  'an element that runs': ['<a href=x>', 'a href'],
  'any element with an event': ['<q onzoom=x', 'q on zoom'],
  'an attribute of an event': ['" autofocus=', '"autofocus"'],
  'an element of a script': ['<script>', 'script'],
  'an address that runs': ['data:text/html,x', 'my data: text'],
  'a function of a page': ['alert(x', 'alert x'],
  'a script without letters': ['(![]+[])[+[]]', '(x)'],
  'an element': ['<b>', 'b'],
  'an element in pieces': ['<q q q q', 'q>'],
  'the event of an element': ['onsubmit=', 'on submit'],
  'what a script begins with': ['fetch(x', 'fetch x'],
};

const OF_OTHERS: Record<string, Pair> = {
  'a step past the gate of a mail server': [
    'autodiscover.json?@e.example/owa/x',
    'autodiscover.json/v1.0/ada@example.com?Protocol=ActiveSync',
  ],
  'documents that read files': ['<!--#echo', '#echo'],
  'what a cloud says of a machine': ['metadata.google.internal', 'google internal'],
  'a machine inside': ['http://10.0.0.1', 'https://a.example'],
  'operators of document stores': ['$where', 'where'],
  'another line of a head': ['x\r\nSet-Cookie: y', 'set-cookie: y'],
  'another request': ['GET /x HTTP/1.1', 'get x by http'],
  'filters of a directory': ['*)(uid=x', 'uid x'],
  'paths of XML': ['x/child::y', 'x/child'],
  'the name of a program in a header': ['x.php', 'php'],
  'a name of the machine itself': ['localhost', 'local host'],
  'a filter of a directory': ['(&(x', '(x'],
  'a line within a value': ['a\nb', 'a b'],
  'a session that was given': ['x&phpsessid=1', 'phpsessid'],
  'a file of sessions': ['sess_0123456789', 'sess'],
  'a file with settings in a header': ['settings.yml', 'settings'],
  'attributes of a type': ['multipart/x; boundary="a/b"', 'multipart/x; boundary=ab'],
};

const PAIRS = { ...OF_FILES, ...OF_CODE, ...OF_SHELLS, ...OF_SQL, ...OF_SCRIPTS, ...OF_OTHERS };

/** Found where a header is nothing but this. */
const OF_HEADERS = [
  'a step past a gate',
  'the name of a program in a header',
  'a file of sessions',
  'a file with settings in a header',
];

const targetOf = (value: string) =>
  `/a?q=${encodeURIComponent(value).replace('%26phpsessid%3D', '&phpsessid=')}`;
const LEVELS = ['certain', 'likely', 'hinted'] as const;

const plainOf = (name: string, value: string) =>
  OF_HEADERS.includes(name) ? undisguised(value) : undisguisedTarget(targetOf(value));

/** Other forms of what no honest client sends. */
const CERTAIN_FORMS = `
  /web-inf/web.xml /meta-inf/context.xml php://filter expect://id gopher://x jar:file:x netdoc:///x x/win.ini c:/boot.ini /dev/tcp/
  windows/system32/config class.module.classLoader x.getRuntime() ProcessBuilder x.getClass().y scriptEngineManager methodInvoke
  javax.naming.x xstream=1 com.sun.rowset.x #_memberAccess #context[ #application[ #request[ @org.apache.x opensymphony.xwork
  freemarker.template.utility ognl.x javax.script.x invokefunction allow_url_include auto_prepend_file cgi.force_redirect
  eval(chr(1 phpinfo(1 os.system(x subprocess.run child_process process.mainModule process.binding global.process
  /bin/sh xp_cmdshell sp_executesql sp_password dbms_pipe utl_http ctxsys.drithsx lo_import load_file(x pg_sleep pg_catalog
  sysobjects sys.databases mysql.user sqlite_master msysobjects all_tab_columns user_tab_columns master..sysdatabases benchmark(1000000,x)
  extractvalue(x updatexml(x randomblob(1 gtid_subset(x geometrycollection((x
`
  .split(/\s+/)
  .filter((form) => form !== '')
  .concat(
    'x nc -e y',
    'x cmd /c y',
    'x powershell -x',
    'x into outfile y',
    'x copy y from program',
    'x waitfor delay (',
  );

/** How sure it is that a text is an attack, by those signatures whose names are others than `left`. */
function verdictOn(text: string, left?: string): string | undefined {
  return LEVELS.find((level) =>
    PAYLOAD_SIGNATURES.some(
      ({ name, certainty, pattern }) => name !== left && certainty === level && pattern.exec(text) !== null,
    ),
  );
}

/** Whether a signature would find something in a text that is not looked at closer. */
function isPassedBy(kind: TextKind, text: string): boolean {
  return (
    verdictOn(kind.undisguise(text)) !== undefined &&
    [CERTAIN_PAYLOADS, LIKELY_PAYLOADS, HINTED_PAYLOADS].every(
      (patterns) => shapeOfPayload(text, kind, new TextNotes(), patterns) === undefined,
    )
  );
}

it('has an example of each signature, and of no other', () => {
  expect(Object.keys(PAIRS).sort()).toEqual(PAYLOAD_SIGNATURES.map(({ name }) => name).sort());
});

describe.each(Object.entries(PAIRS))('%s', (name, [attack, honest]) => {
  const signature = PAYLOAD_SIGNATURES.find((each) => each.name === name);
  const level = signature?.certainty ?? 'none';

  it('tells an attack that no other signature tells as surely', () => {
    expect(verdictOn(plainOf(name, attack))).toBe(level);
    expect(verdictOn(plainOf(name, attack), name)).not.toBe(level);
  });

  it('says nothing of what is like it', () => {
    expect(verdictOn(plainOf(name, honest))).toBeUndefined();
  });

  it('is looked at closer in a URL', () => {
    expect(isPassedBy(TARGET, targetOf(attack))).toBe(false);
  });

  it('is looked at closer in a header', () => {
    expect(isPassedBy(HEADER, attack)).toBe(false);
  });
});

it.each(CERTAIN_FORMS)('looks closer at %s, in a header and in a URL', (form) => {
  expect(verdictOn(form)).toBe('certain');
  expect(isPassedBy(HEADER, form)).toBe(false);
  expect(isPassedBy(TARGET, targetOf(form))).toBe(false);
});

/** What attackers put into a text, or take out of it, to look like something else. */
const DISTURBANCES = [
  "'",
  '"',
  '/',
  '..',
  '<',
  '>',
  '(',
  ')',
  '=',
  '&',
  ';',
  '|',
  '$',
  '{',
  '--',
  '#',
  '\n',
  '\r\n',
  '\t',
  '  ',
  '\u00a0',
  '\0',
  '1',
  'or',
  'select',
  'é',
  '\\',
  '`',
  '@',
  '[',
  ':',
  '*',
];

it('lets each signature look at all in which it finds something, however they are written', async () => {
  await screenIsRead();
  const texts = [...Object.values(PAIRS).flat(), ...CERTAIN_FORMS];
  const disturbed = texts.flatMap((text, row) =>
    DISTURBANCES.map((disturbance, index) => {
      const place = (row * 7 + index * 13) % (text.length + 1);
      return (
        text.slice(0, place) +
        disturbance +
        text.slice(place + (index % 3)) +
        texts[(row * 31 + index) % texts.length]
      );
    }),
  );
  const missed = [...texts, ...disturbed].flatMap((text) => {
    const names = suspicionsOf(text).map(({ name }) => name);
    const found = PAYLOAD_SIGNATURES.filter(({ pattern }) => pattern.exec(text) !== null);
    return found.filter(({ name }) => !names.includes(name)).map(({ name }) => `${name}: ${text}`);
  });
  expect(missed).toEqual([]);
});

it.each([
  'Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) PowerShell/7.4.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  'Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'https://docs.example/java/classes/program/system?topic=copy',
  'http://localhost:3000/',
  'http://localhost:3000/login?returnTo=http://localhost:3000/orders&host=localhost',
  'http://127.0.0.1:5173/?api=http://127.0.0.1:3000',
  'http://192.168.178.20:8080/?next=http://192.168.178.20:8080/a',
])('takes nothing of an honest header for an attack: %s', (header) => {
  for (const patterns of [CERTAIN_PAYLOADS, LIKELY_PAYLOADS, HINTED_PAYLOADS])
    expect(shapeOfPayload(header, HEADER, new TextNotes(), patterns)).toBeUndefined();
});

it.each([
  'https://shop.example/?q=http://localhost/admin',
  'https://shop.example/?host=127.0.0.1',
  'http://localhost:3000/?url=http://169.254.169.254/latest/meta-data',
])(
  'finds the name of a machine inside in a header from elsewhere, or one that no developer has: %s',
  (header) => {
    const found = [LIKELY_PAYLOADS, HINTED_PAYLOADS].map((patterns) =>
      shapeOfPayload(header, HEADER, new TextNotes(), patterns),
    );
    expect(found).not.toEqual([undefined, undefined]);
  },
);
