import { Inject, Injectable } from '@nestjs/common';
import type { KoaContextWithOIDC } from 'oidc-provider';
import {
  button,
  escaped,
  type Form,
  formOf,
  headersOf,
  type PageContent,
  pageOf,
  paragraph,
  readForm,
  submit,
} from './page-html.js';
import { type OAuthPageTexts, textsFor } from './page-texts.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';

const USER_CODE = /^[\w-]{1,20}$/;

/** What people are told of a device before they let it in. */
export interface AskedDevice {
  readonly client: string;
  /** Whether nobody here has looked at it: then its name is what it calls itself. */
  readonly isUnknown: boolean;
  readonly userCode: string;
  /** What it could do, in words of the language of this request. */
  readonly describe: (texts: OAuthPageTexts) => readonly string[];
}

/** The pages that the server shows by itself: plain, in words of the app, in the language of whoever is in front of them. */
@Injectable()
export class ServerPages {
  readonly #shown = new WeakSet<object>();

  constructor(@Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings) {}

  error(context: KoaContextWithOIDC, code: string): void {
    const { errorTitle, errorText } = this.#textsOf(context);
    this.#show(context, errorTitle, `${paragraph(errorText)}<p><code>${escaped(code)}</code></p>`);
  }

  askLogout(context: KoaContextWithOIDC, html: string): void {
    const { logoutTitle, logoutQuestion, logoutYes, logoutNo } = this.#textsOf(context);
    const form = formIn(html);
    const yes = button(withField(form, 'logout'), logoutYes);
    this.#show(context, logoutTitle, `${paragraph(logoutQuestion)}${yes}${button(form, logoutNo)}`);
  }

  loggedOut(context: KoaContextWithOIDC): void {
    this.#show(context, this.#textsOf(context).loggedOutTitle, '');
  }

  /** What a device has put into its link (RFC 8628 section 3.3.1) stands in the form, for people to compare: to open a link says nothing. */
  askUserCode(context: KoaContextWithOIDC, html: string, problem: 'wrong' | 'aborted' | undefined): void {
    const { deviceTitle, deviceText, deviceContinue, deviceWrong, deviceAborted } = this.#textsOf(context);
    const said = { wrong: deviceWrong, aborted: deviceAborted, none: deviceText }[problem ?? 'none'];
    const { code } = context.query;
    const value = typeof code === 'string' && USER_CODE.test(code) ? ` value="${code}"` : '';
    const input = `<input name="user_code" autocomplete="off" autofocus required maxlength="20"${value}>`;
    const form = formOf(without(formIn(html), 'user_code'), `${input} ${submit(deviceContinue)}`);
    this.#show(context, deviceTitle, `${paragraph(said)}${form}`);
  }

  askDevice(
    context: KoaContextWithOIDC,
    html: string,
    { client, isUnknown, userCode, describe }: AskedDevice,
  ): void {
    const texts = this.#textsOf(context);
    const form = without(formIn(html), 'confirm');
    const said = [...(isUnknown ? [texts.deviceUnknown] : []), texts.deviceQuestion].map((text) =>
      paragraph(text.replace('{client}', () => client)),
    );
    const list = describe(texts).map((scope) => `<li>${escaped(scope)}</li>`);
    this.#show(
      context,
      texts.deviceTitle,
      `${said.join('')}<p><strong>${escaped(userCode)}</strong></p>` +
        `<ul>${list.join('')}</ul>` +
        `${button(withField(form, 'confirm'), texts.deviceYes)}${button(withField(form, 'abort'), texts.deviceNo)}`,
    );
  }

  tooManyCodes(context: KoaContextWithOIDC): void {
    const { deviceTitle, deviceTooMany } = this.#textsOf(context);
    this.#show(context, deviceTitle, paragraph(deviceTooMany));
  }

  deviceDone(context: KoaContextWithOIDC): void {
    const { deviceTitle, deviceDone } = this.#textsOf(context);
    this.#show(context, deviceTitle, paragraph(deviceDone));
  }

  /**
   * Whatever page the provider has made by itself gives way to one of ours: of a form what it sends, of anything else nothing.
   *
   * @param leadsOut whether a form leads to where it was asked for: then it goes on by itself, as a redirect would
   */
  replaceForeign(context: KoaContextWithOIDC, leadsOut: (action: string) => boolean): void {
    const isRedirect = context.response.headers.location !== undefined;
    if (isRedirect || context.response.type !== 'text/html' || this.#shown.has(context)) return;
    const form = readForm(String(context.body));
    if (form === undefined) {
      context.status = 500;
      this.error(context, 'server_error');
      return;
    }
    const { goOnTitle, goOnText, goOn } = this.#textsOf(context);
    const content = `${paragraph(goOnText)}${button(form, goOn)}`;
    this.#show(context, goOnTitle, content, leadsOut(form.action));
  }

  #textsOf(context: KoaContextWithOIDC): ReturnType<typeof textsFor> {
    const uiLocales = context.oidc?.params?.ui_locales ?? context.query.ui_locales;
    return textsFor(this.settings.texts, { uiLocales, accepted: context.get('accept-language') });
  }

  #show(context: KoaContextWithOIDC, title: string, content: string, isSentAtOnce = false): void {
    const page: PageContent = { language: this.#textsOf(context).language, title, content, isSentAtOnce };
    context.type = 'html';
    context.set(headersOf(page));
    context.body = pageOf(page);
    this.#shown.add(context);
  }
}

/** @throws Error where the provider has made none, as it always has */
function formIn(html: string): Form {
  const form = readForm(html);
  if (form === undefined) throw new Error('This version of oidc-provider makes other forms');
  return form;
}

function withField({ action, fields }: Form, name: string): Form {
  return { action, fields: { ...fields, [name]: 'yes' } };
}

function without({ action, fields }: Form, name: string): Form {
  return { action, fields: Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name)) };
}
