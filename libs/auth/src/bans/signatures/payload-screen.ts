import type { PayloadPattern } from './payload-signature.js';
import { CERTAIN_PAYLOADS, HINTED_PAYLOADS, LIKELY_PAYLOADS } from './payloads.js';

/** What a payload of ours may consist of without a character that is unusual in a path or a query. */
const TELLING_WORDS = [
  // Places.
  '\\.\\.|(?<!:)//|/\\.|__|/@(?:fs|id|vite)/|\\b(?:etc|proc|sys|bin|var|usr|root|opt|home|dev|boot|run|secrets|private|users|tmp)/|-inf\\b|\\b(?:win|boot|php|my|system)\\.ini',
  'windows|winnt|inetpub|xampp|system32|programdata|autoexec|pagefile',
  '\\b(?:config|settings|database|configuration|application)\\.(?:php|ya?ml|json|ini|properties|inc|py)|appsettings|wp-config|id_rsa|package\\.json|docker-compose|_history|(?:error|access)\\.log',
  '\\.(?:sql|bak|old|swp|inc|orig|save|txt|exe|sh|pl|war|dll|jspx?|jspf|php\\d?|phps|phtml|phar|pht|aspx?|ashx|cgi|env|ht(?:access|passwd))(?![\\w])',
  // Addresses.
  '=(?:\\w{2,8}:)?/{0,3}(?:\\d|localhost|host\\.docker|kubernetes|ip6-|lvh|localtest|vcap|metadata|[\\w.-]{1,60}\\.(?:nip|sslip|xip)\\.io)|:///?(?:\\d|localhost|\\w{1,30}@)|(?<!https?|wss?|ftp)://|169\\.254\\.|metadata|100\\.100\\.100|192\\.0\\.0\\.192|0xa9fe|2852039166|instance-data|/latest/|https?(?:=|$)|unix:|import&raw|raw&',
  // Names of what runs.
  'script:|\\b(?:data|jar):|invokefunction|call_user|allow_url|auto_prepend|force_redirect|constructor|prototype|middleware:|classloader|opensymphony|freemarker|xstream|scriptengine|methodinvoke|processbuilder|getruntime|child_process|execsync',
  '\\b(?:java|javax|sun|ognl|this|process|module|global|reflect|kernel|io|open3|file|dir|subprocess|os|com|org|class|string|document|window|db|server|response|system|wscript)\\.\\w|aced0005|ro0ab|h4sia|frombase64|downloadstring|downloadfile|xmlhttprequest|createobject|_\\w?func',
  'whoami|uname|ifconfig|ipconfig|nslookup|wget|netstat|printenv|passwd|chmod|chown|systeminfo|tasklist|certutil|bitsadmin|rundll32|regsvr32|mshta|wmic|nltest|busybox|lwp-|xxd|mkfifo|aptitude|bcd|tcpdump|socat|ncat|getent',
  '\\b(?:invoke|get|set|new|start|stop|add|remove|write|out|import|export|convertto|convertfrom|select|where|foreach|test|copy|move|clear|enable|disable|register|compress|expand)-[a-z]',
  // Words of databases.
  'information_schema|pg_|sysobjects|syscolumns|sys\\.|mysql\\.|sqlite_|msys|xp_|sp_|dbms_|utl_|lo_import|(?:out|dump)file|_tab_columns|ctxsys|gtid_|\\d\\.\\d{8}|0x[\\da-f]{16}|(?:or|and)=|=-?\\d+--',
  // Settings, sessions, and what base64 makes of the first words of a script.
  '(?:open_basedir|disable_functions|safe_mode|extension_dir|include_path|memory_limit|_log|log_errors|display_errors|magic_quotes|register_globals|session\\.|upload_tmp|suhosin|cgi\\.|zend\\.|opcache|mail\\.|short_open|max_exec|default_charset)\\w{0,30}\\s{0,3}=',
  '(?:sessid|session_?id|session-id|sid|sess|cfid|cftoken|cakephp|laravel_session|ci_session|playsession|symfony|namespace|aspsession\\w{0,10})=|sess_',
  '[?&=](?:pd9wa|pd94b|cghwaw5mb|xyqktkrf|d2hpbgu|c3lzdgvt|zxzhbc|phnjcmlwd|l2v0yy9wyxnzd|l2jpbi9)',
].join('|');

/** The same, where white space may be between them. */
const TELLING_PHRASES =
  '\\b(?:union|intersect|except|select|or|and|xor|order|group|having|procedure|drop|insert|delete|update|truncate|alter|create|exec|execute|waitfor|sleep|like|limit|if|for|alias|import|return|var|let|const|new|get|post|head|put|options|trace|connect|patch|iex|copy|catch)\\s|\\b(?:cat|nc|bash|sh|zsh|ksh|dash|curl|ping|rm|python[\\d.]*|perl|ruby|php|id|ps|dir|type|net|echo|cp|mv|find|grep|telnet|ssh|java|tar|ls|sudo|powershell|pwsh|cmd|netcat|program)(?:\\.exe)?\\s|\\son[a-z]{3,40}\\s{0,3}=|\\s-e(?:nc)?';

/** What every payload of ours has in a path or a query, where nothing is hidden; whatever hides has one of these characters, too. */
export const SUSPECT_TARGET: RegExp = new RegExp(`[^\\w\\-./~?=&,:@]|${TELLING_WORDS}`, 'i');

/** The same for either where its disguise is off: a space, too, is ordinary. */
export const SUSPECT_TEXT: RegExp = new RegExp(
  `[^\\w\\-./~?=&,:@ !*[\\]\\u0080-\\uffff]|\\*/|/\\*|\\*\\[|\\[[$\\]!a-z\\d]|\\]\\[|!\\[|![=~]|\\[\\[|(?:^|[\\s/])[?*]{1,4}/|/[?*]|/\\w{0,3}[?*\\[]|\\.call|${TELLING_WORDS}|${TELLING_PHRASES}`,
  'i',
);

/** The same for a header, in which white space, brackets, semicolons and addresses are ordinary. */
export const SUSPECT_HEADER: RegExp = new RegExp(
  [
    '[<>{}$`|\\\\\'"%^\\0\\r\\n]|\\.\\.[/\\\\;]|\\(\\)|:///?(?:\\d|localhost|\\w{1,30}@)|__|&(?:#|lt|gt)|\\betc/|\\bproc/|file:/|gopher:|jndi:|!entity',
    '\\bunion\\b|\\bselect\\b|\\bsleep\\b|\\balert\\b|\\bentity\\b|\\bon[a-z]{3,40}\\s{0,3}=|script:|\\bor\\s+\\d|\\band\\s+\\d',
    '^[^/?&=]{0,80}\\.\\s{0,3}(?:jspx?|jspf|php\\d?|phps|phtml|phar|pht|aspx?|ashx|cgi)[. ]{0,4}$|sess_|middleware:|(?:config|settings|secrets)\\.(?:ya?ml|json|php|ini)\\s{0,3}$|^[;&.]|^\\s{0,3}[a-z]{2,10}\\s+-|;\\s{0,3}(?:env|set|id|ls|cat|wget|curl)\\b',
    // What is certain wherever it is.
    '(?:web|meta)-inf|(?:php|expect)://|jar:|netdoc:|(?:win|boot)\\.ini|/dev/tcp|system32|/bin/|\\bnc[.a-z]{0,4}\\s{1,3}-|\\bcmd(?:\\.exe)?\\s{0,3}[/ ]c\\s|powershell(?:\\.exe)?\\s{1,3}-',
    'classloader|getruntime|processbuilder|getclass\\s{0,3}\\(|scriptengine|methodinvoke|javax\\.|xstream|com\\.sun\\.|#(?:_member|context|application|request)|@org\\.|opensymphony|freemarker|ognl\\.',
    'invokefunction|allow_url|auto_prepend|force_redirect|\\beval\\s{0,3}\\(|phpinfo\\s{0,3}\\(|globals\\s{0,3}\\[|\\bos\\.(?:system|popen)|subprocess|child_process|process\\.(?:main|binding)|global\\.process',
    '\\bsp_|dbms_|utl_|ctxsys|lo_import|load_file|into\\s{1,3}(?:out|dump)file|\\b(?:from|to)\\s{1,3}program\\b|\\bpg_|\\bsys\\.?(?:objects|columns|databases|xlogins|logins)|\\bmysql\\.|sqlite_|msys(?:access)?objects|_tab_columns|\\bmaster\\.\\.',
    'benchmark\\s{0,3}\\(|waitfor\\s|extractvalue|updatexml|randomblob|gtid_|geometrycollection',
    '0x5c0x2e|url\\(|aced0005|ro0ab|\\bjava\\.|invoke-|information_schema|xp_|169\\.254\\.',
  ].join('|'),
  'i',
);

const SCREENED: ReadonlySet<readonly PayloadPattern[]> = new Set([
  CERTAIN_PAYLOADS,
  LIKELY_PAYLOADS,
  HINTED_PAYLOADS,
]);

/** Whether these are patterns of ours, which find nothing in a text that is not suspect. */
export function isScreened(patterns: readonly PayloadPattern[]): boolean {
  return SCREENED.has(patterns);
}
