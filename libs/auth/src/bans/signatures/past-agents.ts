/** How browsers, phones and crawlers of before 2012 called themselves: by the small numbers of their engines, or as nobody does any more. */
const MARKS = [
  // Internet Explorer 11 says so in old networks, beside what it is.
  'msie [1-8]\\.(?!.{0,200}trident/[5-9])',
  'firefox/(?:\\d|1[0-4])\\.',
  'gecko/200\\d',
  'applewebkit/(?:\\d{1,2}|[1-4]\\d\\d|5[0-2]\\d|53[0-3])\\b',
  'chrome/1?\\d\\.',
  'android [01]\\.',
  'windows (?:3\\.1|9[58]|me\\b|ce\\b|nt (?:[34]\\.|5\\.0))',
  'ppc mac os x',
  'mac_powerpc',
  'sunos 5\\.\\d\\b',
  'playstation 3\\b',
  'midp-[12]\\.',
  'cldc-1\\.',
  'up\\.(?:link|browser)/',
  'symbianos/',
  'series60/',
  'netfront/',
  'docomo/[12]\\.',
  'blackberry\\d{4}/',
  'ask jeeves',
  'fast-webcrawler',
  'msnbot/',
  'microsoft url control',
  // Of before 2016, on a desk: a television of then says that it is none.
  '(?:windows nt|macintosh;|x11;).{0,160}chrome/(?:2\\d|3\\d|4[0-7])\\.',
  '(?:windows nt|macintosh;|x11;).{0,160}firefox/(?:1[5-9]|2\\d|3\\d|4[0-4])\\.',
  'opera/9\\.80 \\((?:windows|macintosh|x11)',
];

/** What no browser has ever said: programs for floods put their agents together by lot. */
const INVENTED = [
  'msie (?:1[1-9]|[2-9]\\d)',
  'msie.{0,80}(?:mac os x|linux|68k|ppc)',
  'trident/(?:[89]|[1-9]\\d)\\.',
  'windows nt\\.',
  'chrome/\\d{1,3}\\.0\\d{2}',
  'gecko/20\\d{2}(?:1[3-9]|[2-9]\\d)',
  'user-agent:',
  'moz(?:li|ial)la/',
  'moblie safari',
  'x(?:09|22)mozilla',
];

/** At the beginning alone; Opera Mini is there still, and says that it is Opera 9.80. */
const BEGINNINGS = [
  'mozilla/[0-3]\\.',
  'mozilla/5\\.0 \\((?:windows (?:7|8|10|11)[;)]|linux i386; x11)',
  'mozilla/4\\.[1-9]',
  'opera/[1-9]\\.(?!80)',
  'lynx/2\\.[0-7]\\.',
  'konqueror/[1-3]\\.',
];

/** A browser, phone or crawler that nobody has any more, or few have: in a list of agents for a flood they are most of it. */
export const PAST_AGENTS: RegExp = new RegExp(
  `^(?:${BEGINNINGS.join('|')})|\\b(?:${[...MARKS, ...INVENTED].join('|')})`,
  'i',
);
