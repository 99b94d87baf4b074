import { preferredLanguage } from './page-languages.js';

const KNOWN = ['en', 'de', 'pt-BR'];

it.each([
  ['nothing', {}, undefined],
  ['one that is there', { accepted: 'de' }, 'de'],
  ['a variety of one that is there', { accepted: 'de-AT' }, 'de'],
  ['a variety of a variety', { accepted: 'de-Latn-AT' }, 'de'],
  ['a variety that is there, in other letters', { accepted: 'PT-br' }, 'pt-BR'],
  ['a language of which a variety is there', { accepted: 'pt' }, undefined],
  ['the best of several', { accepted: 'fr, en;q=0.4, de;q=0.8' }, 'de'],
  ['one that is refused', { accepted: 'de;q=0, en;q=0.1' }, 'en'],
  ['weights that are none', { accepted: 'de;q=x, en;q=0.1' }, 'en'],
  ['any', { accepted: '*' }, undefined],
  ['what the application says, before the browser', { uiLocales: 'fr de', accepted: 'en' }, 'de'],
  ['nothing that the application says is there', { uiLocales: 'fr it', accepted: 'en' }, 'en'],
  ['what is no text', { uiLocales: ['de', 'en'], accepted: 'en' }, 'en'],
  ['what is behind very much', { accepted: `${'x,'.repeat(10_000)}de` }, undefined],
  ['names of what every object has', { accepted: 'constructor, __proto__' }, undefined],
] as const)('chooses for %s', (_, wanted, language) => {
  expect(preferredLanguage(KNOWN, wanted)).toBe(language);
});
