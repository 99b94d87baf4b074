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
];

/** At the beginning alone; Opera Mini is there still, and says that it is Opera 9.80. */
const BEGINNINGS = [
  'mozilla/[0-3]\\.',
  'mozilla/4\\.[1-9]',
  'opera/[1-9]\\.(?!80)',
  'lynx/2\\.[0-7]\\.',
  'konqueror/[1-3]\\.',
];

/** A browser, phone or crawler that nobody has any more, or few have: in a list of agents for a flood they are most of it. */
export const PAST_AGENTS: RegExp = new RegExp(`^(?:${BEGINNINGS.join('|')})|\\b(?:${MARKS.join('|')})`, 'i');
