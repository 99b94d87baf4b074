import { createHash } from 'node:crypto';

/** Fields of a form, escaped already. */
export type Fields = Readonly<Record<string, string>>;

/** A form of the provider's. */
export interface Form {
  /** Escaped already. */
  readonly action: string;
  readonly fields: Fields;
}

/** What stands in a page. */
export interface PageContent {
  readonly language: string;
  readonly title: string;
  /** HTML. */
  readonly content: string;
  /** Whether its only form is sent at once, as far as scripts run. */
  readonly isSentAtOnce?: boolean;
}

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem}button,input{font:inherit;padding:.4rem .8rem}';
const SEND = "addEventListener('DOMContentLoaded',()=>document.forms[0].submit())";

/** A page with nothing in it but what is ours. */
export function pageOf({ language, title, content, isSentAtOnce = false }: PageContent): string {
  const heading = escaped(title);
  return (
    `<!doctype html><html lang="${escaped(language)}"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><title>${heading}</title><style>${STYLE}</style>` +
    `${isSentAtOnce ? `<script>${SEND}</script>` : ''}</head><body><h1>${heading}</h1>${content}</body></html>`
  );
}

/** The headers of such a page: nothing runs in it, or is fetched for it, and nobody shows it inside of another one. */
export function headersOf({
  isSentAtOnce = false,
}: Pick<PageContent, 'isSentAtOnce'>): Record<string, string> {
  const script = isSentAtOnce ? `script-src '${hashOf(SEND)}'; ` : '';
  return {
    'Cache-Control': 'no-store',
    Vary: 'Accept-Language',
    // Where forms lead to after the server is a client's own, of which browsers ask the policy as well.
    'Content-Security-Policy': `default-src 'none'; ${script}style-src '${hashOf(STYLE)}'; frame-ancestors 'none'; base-uri 'none'`,
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}

/** What is in a form of the provider's, whose own has no button; undefined where there is none. */
export function readForm(html: string): Form | undefined {
  const action = /<form [^>]*action="([^"]*)"/.exec(html)?.[1];
  if (action === undefined) return undefined;
  const fields = [...html.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
    ([, name, value]) => [name, value],
  );
  return { action, fields: Object.fromEntries(fields) };
}

/** @param content HTML */
export function formOf({ action, fields }: Form, content: string): string {
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  );
  return `<form method="post" action="${action}">${hidden.join('')}${content}</form>`;
}

/** A form that is nothing but a button. */
export function button(form: Form, text: string): string {
  return formOf(form, submit(text));
}

export function submit(text: string): string {
  return `<button>${escaped(text)}</button>`;
}

export function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>`;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** As content security policies name a text (CSP Level 3 section 2.3.1). */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
