import { preferredLanguage, type WantedLanguages } from '@portcullis/oauth/server';
import { GERMAN } from './texts/de.js';
import { ENGLISH, type Texts } from './texts/en.js';

export const LANGUAGES: readonly Texts[] = [ENGLISH, GERMAN];

/** The texts in the language that somebody likes best of those there are; English for whoever says nothing, or reads none of them. */
export function textsFor(wanted: WantedLanguages): Texts {
  const names = LANGUAGES.map(({ language }) => language);
  const language = preferredLanguage(names, wanted);
  return LANGUAGES.find((texts) => texts.language === language) ?? ENGLISH;
}
