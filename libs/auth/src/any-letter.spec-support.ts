import fc from 'fast-check';

const SURROGATES = { first: 0xd800, count: 0x800 };

/** What `unit: 'binary'` of fast-check is: any code point. That one first builds a table of all of them, for most of a second. */
export const anyLetter = fc
  .nat(0x10ffff - SURROGATES.count)
  .map((code) => String.fromCodePoint(code < SURROGATES.first ? code : code + SURROGATES.count));
