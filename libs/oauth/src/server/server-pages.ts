import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { ENGLISH, type OAuthPageTexts } from './page-texts.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem}button,input{font:inherit;padding:.4rem .8rem}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const USER_CODE = /^[\w-]{1,20}$/;

/** A field of a form. */
type Fields = Readonly<Record<string, string>>;

/** The pages that the server shows by itself: plain, without scripts, in words of the app. */
@Injectable()
export class ServerPages {
  readonly #texts: OAuthPageTexts;

  constructor(@Inject(OAUTH_SERVER_SETTINGS) { texts }: OAuthServerSettings) {
    this.#texts = { ...ENGLISH, ...texts };
  }

  error(context: KoaContextWithOIDC, code: string): void {
    const { errorTitle, errorText } = this.#texts;
    this.#show(context, errorTitle, `<p>${escaped(errorText)}</p><p><code>${escaped(code)}</code></p>`);
  }

  askLogout(context: KoaContextWithOIDC, form: string): void {
    const { logoutTitle, logoutQuestion, logoutYes, logoutNo } = this.#texts;
    const { action, fields } = readForm(form);
    const yes = button(action, { ...fields, logout: 'yes' }, logoutYes);
    this.#show(
      context,
      logoutTitle,
      `<p>${escaped(logoutQuestion)}</p>${yes}${button(action, fields, logoutNo)}`,
    );
  }

  loggedOut(context: KoaContextWithOIDC): void {
    this.#show(context, this.#texts.loggedOutTitle, '');
  }

  /** What a device has put into its link (RFC 8628 section 3.3.1) stands in the form, for people to compare: to open a link says nothing. */
  askUserCode(context: KoaContextWithOIDC, form: string, problem: 'wrong' | 'aborted' | undefined): void {
    const { deviceTitle, deviceText, deviceContinue, deviceWrong, deviceAborted } = this.#texts;
    const { action, fields } = readForm(form);
    const said = { wrong: deviceWrong, aborted: deviceAborted, none: deviceText }[problem ?? 'none'];
    const { code } = context.query;
    const value = typeof code === 'string' && USER_CODE.test(code) ? ` value="${code}"` : '';
    const input = `<input name="user_code" autocomplete="off" autofocus required maxlength="20"${value}>`;
    const { user_code: _, ...rest } = fields;
    this.#show(
      context,
      deviceTitle,
      `<p>${escaped(said)}</p>${formOf(action, rest, `${input} ${submit(deviceContinue)}`)}`,
    );
  }

  /** @param scopes what they mean, for people */
  askDevice(
    context: KoaContextWithOIDC,
    form: string,
    { client, userCode, scopes }: { client: string; userCode: string; scopes: readonly string[] },
  ): void {
    const { deviceTitle, deviceQuestion, deviceYes, deviceNo } = this.#texts;
    const { action, fields } = readForm(form);
    const { confirm: _, ...rest } = fields;
    const list = scopes.map((scope) => `<li>${escaped(scope)}</li>`).join('');
    this.#show(
      context,
      deviceTitle,
      `<p>${escaped(deviceQuestion.replace('{client}', client))}</p><p><strong>${escaped(userCode)}</strong></p><ul>${list}</ul>` +
        `${button(action, { ...rest, confirm: 'yes' }, deviceYes)}${button(action, { ...rest, abort: 'yes' }, deviceNo)}`,
    );
  }

  tooManyCodes(context: KoaContextWithOIDC): void {
    const { deviceTitle, deviceTooMany } = this.#texts;
    this.#show(context, deviceTitle, `<p>${escaped(deviceTooMany)}</p>`);
  }

  deviceDone(context: KoaContextWithOIDC): void {
    const { deviceTitle, deviceDone } = this.#texts;
    this.#show(context, deviceTitle, `<p>${escaped(deviceDone)}</p>`);
  }

  #show(context: KoaContextWithOIDC, title: string, content: string): void {
    const heading = escaped(title);
    context.type = 'html';
    context.set({
      'Cache-Control': 'no-store',
      // Where forms lead to after the server is a client's own, of which browsers ask the policy as well.
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'`,
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    context.body =
      `<!doctype html><html lang="${escaped(this.#texts.language)}"><head><meta charset="utf-8">` +
      `<meta name="viewport" content="width=device-width"><title>${heading}</title><style>${STYLE}</style></head>` +
      `<body><h1>${heading}</h1>${content}</body></html>`;
  }
}

/** What is in a form of the provider's: its own has no button. */
function readForm(form: string): { readonly action: string; readonly fields: Fields } {
  const action = /action="([^"]*)"/.exec(form)?.[1] ?? '';
  const fields = [...form.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
    ([, name, value]) => [name, value],
  );
  return { action, fields: Object.fromEntries(fields) };
}

/** @param fields escaped already, as they come */
function formOf(action: string, fields: Fields, content: string): string {
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  );
  return `<form method="post" action="${action}">${hidden.join('')}${content}</form>`;
}

function button(action: string, fields: Fields, text: string): string {
  return formOf(action, fields, submit(text));
}

function submit(text: string): string {
  return `<button>${escaped(text)}</button>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
