/** A crawler that says who it is, and whose addresses have names of its maker. */
export interface KnownCrawler {
  /** What its user agent holds, in whatever case. */
  readonly agent: string;
  /** The domains that its names end in: `googlebot.com` for `crawl-66-249-66-1.googlebot.com`. */
  readonly domains: readonly string[];
}

/** Crawlers whose makers say that they are to be told by the names of their addresses, with the domains that they name. */
export const DEFAULT_CRAWLERS: readonly KnownCrawler[] = [
  { agent: 'Googlebot', domains: ['googlebot.com', 'google.com'] },
  { agent: 'GoogleOther', domains: ['googlebot.com', 'google.com'] },
  { agent: 'bingbot', domains: ['search.msn.com'] },
  { agent: 'Applebot', domains: ['applebot.apple.com'] },
  { agent: 'Amazonbot', domains: ['crawl.amazonbot.amazon'] },
  { agent: 'Yandex', domains: ['yandex.ru', 'yandex.net', 'yandex.com'] },
  { agent: 'Baiduspider', domains: ['baidu.com', 'baidu.jp'] },
  { agent: 'SeznamBot', domains: ['seznam.cz'] },
  { agent: 'Yahoo! Slurp', domains: ['crawl.yahoo.net'] },
];

/** What makes no sense in a list of crawlers, in a few words. */
export function problemOfCrawlers(crawlers: unknown): string | undefined {
  if (!Array.isArray(crawlers)) return 'must be a list of crawlers';
  const wrong = crawlers.findIndex((crawler) => !isCrawler(crawler));
  if (wrong === -1) return undefined;
  return `needs an agent of three characters at least and domains of two labels at least in crawler ${wrong + 1}`;
}

function isCrawler(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { agent, domains, ...rest } = value as Partial<KnownCrawler>;
  return (
    typeof agent === 'string' &&
    agent.trim().length >= 3 &&
    Array.isArray(domains) &&
    domains.length > 0 &&
    // A whole top-level domain would be everybody's.
    domains.every((domain) => typeof domain === 'string' && /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(domain)) &&
    Object.keys(rest).length === 0
  );
}
