import { randomBytes } from 'node:crypto';
import { MAX_API_KEY_LENGTH } from '@portcullis/auth/api-key-format';
import { KeySearch } from './key-search.js';

const KEY = ['ptc', 'live', '0123456789ABCDEF', 'GHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw2HeRjz'].join(
  '_',
);

/** The lines in which keys are found in a text that comes in pieces of a size. */
function linesIn(text: string | Buffer, pieceSize: number, prefix?: string): number[] {
  const bytes = Buffer.from(text as string);
  const search = new KeySearch(prefix);
  const lines: number[] = [];
  for (let at = 0; at < bytes.length; at += pieceSize) {
    for (const { key, line } of search.take(bytes.subarray(at, at + pieceSize))) {
      expect(key.text).toBe(KEY);
      lines.push(line);
    }
  }
  return lines;
}

describe('a key in a text that comes in pieces', () => {
  const text = `first\n\nkey=${KEY}\n${KEY},${KEY}\r\n\n${'x'.repeat(MAX_API_KEY_LENGTH)}${KEY}`;

  it('is found once, in its line, wherever the pieces end', () => {
    for (let size = 1; size <= text.length; size++) expect(linesIn(text, size)).toEqual([3, 4, 4, 6]);
  });

  it('is found wherever a border of large pieces cuts it', () => {
    const size = 4096;
    for (let at = size - KEY.length - 1; at <= size + 1; at++) {
      const shifted = `${'.'.repeat(at - 1)}\n${KEY}${'.\n'.repeat(size)}`;
      expect(linesIn(shifted, size)).toEqual([2]);
    }
  });

  it.each(['utf16le', 'utf8'] as const)('is found in %s', (encoding) => {
    const encoded = Buffer.from(`\ufeffgrün\n${KEY}\n`, encoding);
    for (let size = 1; size < 200; size++) expect(linesIn(encoded, size)).toEqual([2]);
  });

  it('is found in big-endian UTF-16', () => {
    expect(linesIn(Buffer.from(`\ufeff\n${KEY}\n`, 'utf16le').swap16(), 7)).toEqual([2]);
  });

  it('is found where letters, zero bytes or other keys touch it', () => {
    expect(linesIn(`abc${KEY}abc\0${KEY}${KEY}_${KEY}`, 50)).toEqual([1, 1, 1, 1]);
  });

  it('is not found when it is of another service than asked for', () => {
    expect(linesIn(text, 64, 'parcel')).toEqual([]);
    expect(linesIn(text, 64, 'ptc')).toEqual([3, 4, 4, 6]);
  });

  it('is not found when one letter of it is another', () => {
    for (let at = 0; at < KEY.length; at++) {
      const other = KEY[at] === '0' ? '1' : '0';
      expect(linesIn(`\n${KEY.slice(0, at)}${other}${KEY.slice(at + 1)}\n`, 64)).toEqual([]);
    }
  });
});

describe('no key is found in a megabyte of random', () => {
  const BYTES = 1_000_000;
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64');
  const base62 = (length: number) =>
    base64(length)
      .replaceAll(/[^0-9A-Za-z]/g, '')
      .slice(0, length);
  const salted = (salt: string, pitch: number) => {
    const letters = base62(BYTES);
    return Array.from({ length: BYTES / pitch }, (_, at) => {
      const tail = letters.slice(at * 65, at * 65 + 65);
      return `${salt}${tail.slice(0, 16)}_${tail.slice(16)}${letters.slice(at, at + pitch - 75)}`;
    }).join('');
  };

  it.each([
    ['base 62', () => base62(BYTES)],
    ['base 64', () => base64((BYTES * 3) / 4)],
    ['base 64 for URLs', () => randomBytes((BYTES * 3) / 4).toString('base64url')],
    ['hex', () => randomBytes(BYTES / 2).toString('hex')],
    ['bytes', () => randomBytes(BYTES)],
    ['shapes of keys with random tails', () => salted('ptc_live_', 100)],
  ])('%s', (_, make) => {
    expect(linesIn(make(), 256 * 1024)).toEqual([]);
  });

  it('while a key among them is found', () => {
    const text = salted('ptc_live_', 100);
    expect(linesIn(text.slice(0, BYTES / 2 - 10) + KEY + text.slice(BYTES / 2 - 10), 256 * 1024)).toEqual([
      1,
    ]);
  });
});
