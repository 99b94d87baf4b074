import { GERMAN } from './texts/de.js';
import { ENGLISH, type Texts } from './texts/en.js';

const LANGUAGES: readonly Texts[] = [ENGLISH, GERMAN];

/** Nobody reads that many languages. */
const LONGEST_HEADER = 500;

/**
 * The texts in the language that somebody likes best of those there are; English for whoever says nothing, or reads none of them.
 *
 * @param accepted `Accept-Language` (RFC 9110 section 12.5.4)
 */
export function textsFor(accepted: string | undefined): Texts {
  const wanted = (accepted ?? '').slice(0, LONGEST_HEADER).split(',').map(read);
  const byWish = wanted.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  for (const { language } of byWish) {
    const texts = LANGUAGES.find((each) => each.language === language);
    if (texts !== undefined) return texts;
  }
  return ENGLISH;
}

function read(part: string): { readonly language: string; readonly weight: number } {
  const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { language: tag.toLowerCase().replace(/-.*$/, ''), weight: Number(weight ?? 1) };
}
