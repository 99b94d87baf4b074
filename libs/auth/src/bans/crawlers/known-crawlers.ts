import { parseIpNetwork } from '../../net/ip-address.js';

/** A crawler that says who it is, and whose addresses its maker names: by their names, or one by one. */
export interface KnownCrawler {
  /** What its user agent holds, in whatever case. */
  readonly agent: string;
  /** The domains that the names of its addresses end in: `googlebot.com` for `crawl-66-249-66-1.googlebot.com`. */
  readonly domains?: readonly string[];
  /** Its addresses and networks, for makers that publish those. */
  readonly networks?: readonly string[];
}

/** Crawlers whose makers say that they are to be told by the names of their addresses, with the domains that they name. */
export const DEFAULT_CRAWLERS: readonly KnownCrawler[] = [
  // https://developers.google.com/search/docs/crawling-indexing/verifying-googlebot
  { agent: 'Googlebot', domains: ['googlebot.com', 'google.com'] },
  { agent: 'GoogleOther', domains: ['googlebot.com', 'google.com'] },
  // https://blogs.bing.com/webmaster/August-2012/How-to-Verify-that-Bingbot-is-Bingbot
  { agent: 'bingbot', domains: ['search.msn.com'] },
  // https://support.apple.com/en-us/119829
  { agent: 'Applebot', domains: ['applebot.apple.com'] },
  // https://developer.amazon.com/amazonbot
  { agent: 'Amazonbot', domains: ['crawl.amazonbot.amazon'] },
  // https://yandex.com/support/webmaster/robot-workings/check-yandex-robots.html
  { agent: 'Yandex', domains: ['yandex.ru', 'yandex.net', 'yandex.com'] },
  // https://www.baidu.com/search/spider.html
  { agent: 'Baiduspider', domains: ['baidu.com', 'baidu.jp'] },
  // https://napoveda.seznam.cz/en/seznambot-crawler/
  { agent: 'SeznamBot', domains: ['seznam.cz'] },
  // http://www.ysearchblog.com/2007/06/05/yahoo-search-crawler-slurp-has-a-new-address-and-signature-card/
  { agent: 'Yahoo! Slurp', domains: ['crawl.yahoo.net'] },
];

/** No maker of crawlers has more addresses than that, of IPv4. */
const WIDEST_PREFIX = 8;

/** What makes no sense in a list of crawlers, in a few words. */
export function problemOfCrawlers(crawlers: unknown): string | undefined {
  if (!Array.isArray(crawlers)) return 'must be a list of crawlers';
  const wrong = crawlers.findIndex((crawler) => !isCrawler(crawler));
  if (wrong === -1) return undefined;
  return `needs an agent of three characters at least, and domains of two labels at least or networks, in crawler ${wrong + 1}`;
}

function isCrawler(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { agent, domains, networks, ...rest } = value as Partial<KnownCrawler>;
  return (
    typeof agent === 'string' &&
    agent.trim().length >= 3 &&
    (domains !== undefined || networks !== undefined) &&
    // A whole top-level domain would be everybody's.
    isListOf(domains, (domain) => /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(domain)) &&
    // And so would be the network of all addresses.
    isListOf(networks, (network) => (parseIpNetwork(network)?.prefixLength ?? 0) >= WIDEST_PREFIX) &&
    Object.keys(rest).length === 0
  );
}

function isListOf(value: unknown, isGood: (text: string) => boolean): boolean {
  if (value === undefined) return true;
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((text) => typeof text === 'string' && isGood(text))
  );
}
