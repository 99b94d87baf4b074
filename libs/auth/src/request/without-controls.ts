const CONTROL = /\p{Cc}/u;

/** Node lets none through; an adapter of an app may. They could write lines of their own into a log. */
export function withoutControls(text: string): string {
  return CONTROL.test(text) ? text.replace(/\p{Cc}/gu, encodeURIComponent) : text;
}
