import { randomBytes } from 'node:crypto';
import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import { type CookieResponse, type FrameworkRequest, RequestContext, TokenIssuer } from '@portcullis/auth';
import { BINDING_SETTINGS, type BindingSettings } from '@portcullis/auth/internal';
import { type BegunLogin, LOGIN_SECONDS, type WantedLink } from './begun-login.js';
import { notBegun } from './login-refusals.js';
import { type SameSite, SealedCookies } from './sealed-cookies.js';
import type { ProvenUpstream } from './upstream-connection.js';
import { type Upstream, Upstreams } from './upstreams.js';

/** What somebody wants to log in for. */
export interface LoginWish {
  /** A path of this app. */
  readonly returnTo: string;
  /** How long ago they may have logged in at the other issuer at most, in seconds. */
  readonly maxAge?: number;
  readonly link?: WantedLink;
}

const RANDOM_BYTES = 32;

/**
 * Sends browsers to other issuers, and takes in what they come back with. What an answer is checked against is in a sealed cookie: without
 * it, in another browser, twice, or ten minutes later, there is no login.
 */
@Injectable()
export class SingleSignOn {
  constructor(
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly upstreams: Upstreams,
    private readonly cookies: SealedCookies,
    private readonly issuer: TokenIssuer,
  ) {}

  /**
   * Begins a login.
   *
   * @returns where the browser goes
   * @throws NotFoundException for a provider that is not configured
   * @throws PortcullisError `temporarily_unavailable` where the other issuer can't be asked
   */
  async begin(
    name: string,
    { returnTo, maxAge, link }: LoginWish,
    response: CookieResponse,
  ): Promise<string> {
    const upstream = this.upstream(name);
    const begun: BegunLogin = {
      ...{ use: 'login', issuer: this.issuer.url, provider: name, returnTo },
      ...{ state: randomText(), nonce: randomText(), verifier: randomText() },
      ...(maxAge !== undefined && { maxAge }),
      ...(link && { link }),
      endsAt: this.time.now() + LOGIN_SECONDS * 1000,
    };
    const url = await upstream.connection.authorizationUrl(begun);
    await this.cookies.keep(response, cookieOf(upstream), begun, sameSiteOf(upstream));
    return url.href;
  }

  /**
   * What has come back, used up, with the login that it answers. The cookie goes, whatever it is worth.
   *
   * @throws NotFoundException for a provider that is not configured
   * @throws PortcullisError `login_not_begun`; `temporarily_unavailable`
   */
  async answered(
    name: string,
    request: FrameworkRequest,
    response: CookieResponse,
  ): Promise<{ readonly begun: BegunLogin; readonly prove: () => Promise<ProvenUpstream> }> {
    const upstream = this.upstream(name);
    const cookie = cookieOf(upstream);
    const begun = await this.cookies.read<BegunLogin>(request, cookie, 'login');
    this.cookies.clear(response, cookie, sameSiteOf(upstream));
    if (begun === undefined) throw notBegun('the browser has begun none, or too long ago');
    if (begun.provider !== name) throw notBegun(`it was begun at ${begun.provider}`);
    const answer = answerIn(request, upstream);
    if (answer.searchParams.getAll('state').join() !== begun.state)
      throw notBegun('the state is that of another login');
    if (!(await this.cookies.isFirstUse(begun.state, begun.endsAt))) throw notBegun('it is used up');
    return { begun, prove: () => upstream.connection.prove(answer, begun) };
  }

  /** @throws NotFoundException for one that is not configured */
  upstream(name: string): Upstream {
    const upstream = this.upstreams.find(name);
    if (upstream === undefined) throw new NotFoundException();
    return upstream;
  }
}

/** The redirect URI with what came to it, by the way on which it was to come. */
function answerIn(request: FrameworkRequest, { redirectUri, usesFormPost }: Upstream): URL {
  const context = RequestContext.of(request);
  const isPosted = context?.method === 'POST';
  if (isPosted !== usesFormPost) throw notBegun(`the answer came by ${context?.method}`);
  const answer = new URL(redirectUri);
  answer.search = isPosted ? formIn(request.body).toString() : queryIn(context?.url ?? '');
  return answer;
}

function queryIn(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

/** As parsers make it of a form; of a field that came twice they make a list. */
function formIn(body: unknown): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(typeof body === 'object' && body !== null ? body : {}))
    for (const each of [value].flat()) form.append(name, String(each));
  return form;
}

function cookieOf({ name }: Upstream): string {
  return `login-${name}`;
}

/** A page of the other issuer that posts a form sends no other cookie along. */
function sameSiteOf({ usesFormPost }: Upstream): SameSite {
  return usesFormPost ? 'None' : 'Lax';
}

function randomText(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}
