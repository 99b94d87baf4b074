/** What somebody reads, as their browser and the application that sent it say. */
export interface WantedLanguages {
  /** `ui_locales` of OpenID Connect Core section 3.1.2.1: tags, the best one first. */
  readonly uiLocales?: unknown;
  /** The header `Accept-Language` (RFC 9110 section 12.5.4). */
  readonly accepted?: string | undefined;
}

/** Nobody reads that many; in characters. */
const LONGEST = 500;

/**
 * The language that somebody likes best of those there are: the application's word comes before that of the browser. A wish for `de-AT` is
 * met by `de` (RFC 4647 section 3.4).
 *
 * @param known tags of languages
 * @returns undefined for whoever says nothing, or reads none of them
 */
export function preferredLanguage(
  known: readonly string[],
  { uiLocales, accepted }: WantedLanguages,
): string | undefined {
  for (const wish of [...localesIn(uiLocales), ...rangesIn(accepted)]) {
    const met = nearest(wish, known);
    if (met !== undefined) return met;
  }
  return undefined;
}

function nearest(wish: string, known: readonly string[]): string | undefined {
  for (let range = wish.toLowerCase(); range !== ''; range = range.replace(/(?:^|-)[^-]*$/, '')) {
    const met = known.find((tag) => tag.toLowerCase() === range);
    if (met !== undefined) return met;
  }
  return undefined;
}

function localesIn(text: unknown): readonly string[] {
  return typeof text === 'string' ? text.slice(0, LONGEST).split(' ') : [];
}

function rangesIn(header = ''): readonly string[] {
  return header
    .slice(0, LONGEST)
    .split(',')
    .map(weighed)
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ range }) => range);
}

function weighed(part: string): { readonly range: string; readonly weight: number } {
  const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim());
  const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
  return { range, weight: Number(weight ?? 1) };
}
