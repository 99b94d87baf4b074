import { sentUnder } from './authorization-header.js';

it.each([
  ['bearer', 'Bearer abc', 'abc'],
  ['bearer', 'bEARER   abc def ', 'abc def '],
  ['bearer', 'Bearer', ''],
  ['bearer', 'Bearer  ', ''],
  ['bearer', 'Bearers abc', undefined],
  ['bearer', 'Bearer\tabc', undefined],
  ['bearer', ' Bearer abc', undefined],
  ['bearer', 'Beare', undefined],
  ['bearer', '', undefined],
  ['bearer', 'DPoP abc', undefined],
  ['dpop', 'DPoP abc', 'abc'],
  ['dpop', 'Bear abc', undefined],
])('under %s, %j holds %j', (scheme, authorization, expected) => {
  expect(sentUnder(scheme, authorization)).toBe(expected);
});
