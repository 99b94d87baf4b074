interface Cookie {
  readonly value: string;
  readonly sameSite: 'Strict' | 'Lax' | 'None';
  readonly text: string;
}

/** Where a request of a browser has ended. */
export interface Landed {
  readonly url: URL;
  readonly status: number;
  readonly response: Response;
  readonly text: string;
}

/** How a request comes about: the site of the page that makes it, and whether it takes the whole window. */
interface Initiator {
  readonly from: URL | undefined;
  readonly method?: string;
  readonly body?: URLSearchParams | string;
  readonly headers?: Readonly<Record<string, string>>;
}

const MOST_REDIRECTS = 12;

/**
 * A browser as far as logins need one: cookies of each site with `SameSite`, redirects, and forms that post themselves. Sites that don't
 * exist are taken to servers of the test.
 */
export class TestBrowser {
  readonly #cookies = new Map<string, Map<string, Cookie>>();
  /** Each URL that it was sent to. */
  readonly visited: string[] = [];

  /** @param servers where the origins are that stand in URLs */
  constructor(readonly servers: () => Readonly<Record<string, string>>) {}

  /** Types in an address, or follows a link from the page at another one. */
  visit(url: string, from?: string): Promise<Landed> {
    return this.#navigate(new URL(url), { from: from === undefined ? undefined : new URL(from) });
  }

  /** What a script of a page asks of its own origin. */
  async post(url: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> {
    const target = new URL(url);
    const response = await this.#send(target, {
      from: target,
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
    });
    return response;
  }

  /** Goes where it is sent until that begins with a text, and no further. */
  async redirectFrom(url: string, until: string): Promise<URL> {
    let target = new URL(url);
    while (!target.href.startsWith(until)) {
      const response = await this.#send(target, { from: undefined });
      const location = response.headers.get('location');
      if (location === null) throw new Error(`No redirect from ${target}: ${await response.text()}`);
      target = new URL(location, target);
    }
    return target;
  }

  /** The cookies of an origin, by their names, as they were set. */
  cookiesOf(origin: string): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#of(origin)].map(([name, { text }]) => [name, text]));
  }

  forget(origin: string): void {
    this.#cookies.delete(origin);
  }

  /** Has the cookies of an origin that another browser has. */
  copyCookies(other: TestBrowser, origin: string): void {
    this.#cookies.set(origin, new Map(other.#of(origin)));
  }

  async #navigate(target: URL, initiator: Initiator): Promise<Landed> {
    let [url, next]: [URL, Initiator] = [target, initiator];
    for (let redirects = 0; redirects < MOST_REDIRECTS; redirects++) {
      this.visited.push(url.href);
      const response = await this.#send(url, next);
      const text = await response.text();
      const location = response.headers.get('location');
      const form = /<form[^>]*method="post"[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/i.exec(text);
      // The site that a chain of redirects began at is the one that counts.
      const from = next.from ?? url;
      if (location !== null) {
        url = new URL(location, url);
        next = { from };
      } else if (form !== null && /submit\(\)/.test(text)) {
        next = { from: url, method: 'POST', body: fieldsIn(form[2] ?? '') };
        url = new URL(unescaped(form[1] ?? ''), url);
      } else return { url, status: response.status, response, text };
    }
    throw new Error(`Redirected too often: ${this.visited.slice(-MOST_REDIRECTS).join(' → ')}`);
  }

  async #send(url: URL, { from, method = 'GET', body, headers }: Initiator): Promise<Response> {
    const isCrossSite = from !== undefined && from.origin !== url.origin;
    const sent = [...this.#of(url.origin)].filter(
      ([, { sameSite }]) => !isCrossSite || sameSite === 'None' || (sameSite === 'Lax' && method === 'GET'),
    );
    const server = this.servers()[url.origin] ?? url.origin;
    const response = await fetch(server + url.pathname + url.search, {
      method,
      redirect: 'manual',
      headers: { cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; '), ...headers },
      ...(body !== undefined && { body }),
    });
    for (const text of response.headers.getSetCookie()) this.keep(url.origin, text);
    return response;
  }

  /** @param text as `Set-Cookie` has it */
  keep(origin: string, text: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
    const sameSite = (/samesite=(\w+)/i.exec(text)?.[1] ?? 'Lax').toLowerCase();
    const cookies = this.#of(origin);
    const isOver = /max-age=0\b/i.test(text) || value === '' || /expires=Thu, 01 Jan 1970/i.test(text);
    if (isOver) cookies.delete(name);
    else
      cookies.set(name, {
        value,
        text,
        sameSite: sameSite === 'strict' ? 'Strict' : sameSite === 'none' ? 'None' : 'Lax',
      });
    this.#cookies.set(origin, cookies);
  }

  #of(origin: string): Map<string, Cookie> {
    return this.#cookies.get(origin) ?? new Map();
  }
}

function fieldsIn(html: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [, name = '', value = ''] of html.matchAll(/name="([^"]*)"\s+value="([^"]*)"/g))
    fields.append(unescaped(name), unescaped(value));
  return fields;
}

function unescaped(text: string): string {
  return text
    .replace(/&#x([\da-f]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
