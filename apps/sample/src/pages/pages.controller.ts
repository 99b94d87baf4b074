import { Controller, Get, Header, Headers, Inject, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@portcullis/auth';
import { textsFor } from './language.js';
import { fileNamed, Page } from './page.js';
import type { Texts } from './texts/en.js';

/** Injects the name of the app whose accounts do here as well; undefined where there is none. */
export const UPSTREAM_NAME = Symbol('upstream-name');

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** One script and one stylesheet of our own, and a QR code that the script is given; nothing in the page itself runs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const refusalsIn = ({ refusals }: Texts) => ({ refusals });

/** The pages at which people log in, see their devices and factors, and allow clients to act for them. */
@ApiExcludeController()
@Public()
@Controller()
export class PagesController {
  readonly #login = new Page('login.html', (texts) => ({ ...texts.loginScript, ...refusalsIn(texts) }));
  readonly #consent = new Page('consent.html', (texts) => ({
    ...texts.consentScript,
    ...refusalsIn(texts),
  }));
  readonly #loginScript = fileNamed('login.js');
  readonly #consentScript = fileNamed('consent.js');
  readonly #style = fileNamed('pages.css');

  constructor(@Inject(UPSTREAM_NAME) private readonly upstream: string | undefined) {}

  @Get('login')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('Cache-Control', 'no-store')
  @Header('Vary', 'Accept-Language')
  @Header('Referrer-Policy', 'no-referrer')
  login(@Headers('accept-language') accepted?: string, @Query('ui_locales') uiLocales?: unknown): string {
    return this.#login.in(textsFor({ accepted, uiLocales }), { upstream: this.upstream });
  }

  /** It only shows what is asked: what is answered goes to the server by its script. */
  @Get('consent')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('Cache-Control', 'no-store')
  @Header('Vary', 'Accept-Language')
  @Header('Referrer-Policy', 'no-referrer')
  consent(@Headers('accept-language') accepted?: string, @Query('ui_locales') uiLocales?: unknown): string {
    return this.#consent.in(textsFor({ accepted, uiLocales }));
  }

  @Get('pages/login.js')
  @Header('Content-Type', SCRIPT)
  loginScript(): string {
    return this.#loginScript;
  }

  @Get('pages/consent.js')
  @Header('Content-Type', SCRIPT)
  consentScript(): string {
    return this.#consentScript;
  }

  @Get('pages/pages.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  style(): string {
    return this.#style;
  }
}
