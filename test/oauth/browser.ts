import { CookieJar } from '../support/cookie-jar.js';
import { PASSWORD } from '../support/users.js';

/** What a page of the app is told about an interaction. */
export interface Details {
  readonly prompt: string;
  readonly client: { readonly id: string; readonly name: string };
  readonly scopes: readonly { readonly scope: string; readonly description: string }[];
  readonly subject?: string;
}

/** How browsers ask for a page. */
export const AS_PAGE = { headers: { accept: 'text/html,*/*;q=0.8' } };

/** Somebody in front of a browser, with the pages of the app: each interaction is answered as those would. */
export class Browser {
  readonly jar = new CookieJar();
  /** What they were asked so far. */
  readonly asked: Details[] = [];
  accessToken: string | undefined;

  constructor(
    readonly url: string,
    readonly user = 'ada',
    /** What is in front of the app's own routes. */
    readonly prefix = '',
    /** How it gets there, where that is not by itself. */
    readonly reach: typeof fetch = fetch,
  ) {}

  async fetch(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string>), cookie: this.jar.toString() };
    const response = await this.reach(url, { redirect: 'manual', ...init, headers });
    this.jar.keep(response);
    return response;
  }

  /** Goes where it is led, answers what is asked, and stops where another site begins or a page is shown. */
  async visit(start: URL | string): Promise<URL | Response> {
    let place = new URL(start);
    for (let steps = 0; steps < 20; steps++) {
      if (place.origin !== new URL(this.url).origin) return place;
      const id = place.searchParams.get('interaction');
      if (id !== null) {
        place = new URL(await this.answer(id));
        continue;
      }
      const response = await this.fetch(place, AS_PAGE);
      const next = response.headers.get('location');
      if (next === null) return response;
      await response.arrayBuffer();
      place = new URL(next, place);
    }
    throw new Error('It leads nowhere');
  }

  /** Sends what is in the query of a link as a form of another site does. @returns where it is led */
  async visitByForm({ origin, pathname, searchParams }: URL): Promise<URL | Response> {
    const response = await this.reach(`${origin}${pathname}`, {
      method: 'POST',
      redirect: 'manual',
      body: searchParams,
    });
    const next = response.headers.get('location');
    return next === null ? response : this.visit(new URL(next, origin));
  }

  /** As a page of the app would. @returns where to go on */
  async answer(id: string): Promise<string> {
    const details = await this.detailsOf(id);
    this.asked.push(details);
    if (details.prompt === 'consent') return this.send(id, 'consent', {});
    this.accessToken ??= await this.logIn();
    return this.send(id, 'login', {}, { authorization: `Bearer ${this.accessToken}` });
  }

  async detailsOf(id: string): Promise<Details> {
    const response = await this.fetch(`${this.url}/oauth/interaction/${id}/details`);
    if (!response.ok) throw new Error(`No details: ${response.status} ${await response.text()}`);
    return (await response.json()) as Details;
  }

  async send(id: string, action: string, body: object, headers: object = {}): Promise<string> {
    const response = await this.post(id, action, body, headers);
    if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { redirect_to: string }).redirect_to;
  }

  post(id: string, action: string, body: object, headers: object = {}): Promise<Response> {
    return this.fetch(`${this.url}/oauth/interaction/${id}/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  async logIn(): Promise<string> {
    const response = await this.reach(new URL(`${this.prefix}/auth/login`, this.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: this.user, password: PASSWORD }),
    });
    if (!response.ok) throw new Error(`No login: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /**
   * What somebody does at the page for devices.
   *
   * @returns the page that is shown at the end, and the question before it
   */
  async typeCode(code: string, answer: Record<string, string> = { confirm: 'yes' }) {
    const page = (await this.visit(`${this.url}/oauth/device`)) as Response;
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] as string;
    const post = (fields: Record<string, string>) =>
      this.fetch(`${this.url}/oauth/device`, {
        method: 'POST',
        body: new URLSearchParams({ xsrf, ...fields }),
      });
    const asked = await post({ user_code: code });
    const question = await asked.text();
    if (!question.includes('name="confirm"')) return { status: asked.status, text: question, question };
    const answered = await post({ user_code: code, ...answer });
    const next = answered.headers.get('location');
    const end = next === null ? answered : ((await this.visit(new URL(next, this.url))) as Response);
    return { status: end.status, text: await end.text(), question };
  }
}
