import { BadRequestException } from '@nestjs/common';
import { ApiKeyFormat } from '../api-keys/api-key-format.js';
import { publicUrl, readLeakReports } from './leak-report.js';

const REPORT = { token: 'some_token', type: 'some_type', url: 'https://github.com/octo/parcels' };
const read = (message: unknown) =>
  readLeakReports(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));

function refusal(message: unknown): BadRequestException {
  try {
    read(message);
  } catch (error) {
    if (error instanceof BadRequestException) return error;
    throw error;
  }
  throw new Error('the message was taken');
}

describe('a message with reports', () => {
  it('is a list of tokens, their types and where they were found', () => {
    expect(
      read([
        { ...REPORT, source: 'content' },
        { token: 'b', type: 'c' },
      ]),
    ).toMatchObject([REPORT, { token: 'b', type: 'c' }]);
    expect(read([])).toEqual([]);
    expect(read([{ ...REPORT, url: '' }])).toHaveLength(1);
  });

  it('holds up to 1000 reports, of tokens with up to 1000 characters', () => {
    expect(read(Array(1_000).fill(REPORT))).toHaveLength(1_000);
    expect(refusal(Array(1_001).fill(REPORT)).message).toBe('A message holds at most 1000 reports');
    expect(read([{ ...REPORT, token: 'x'.repeat(1_000) }])).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['half of JSON', '[{"token":"s3cret"'],
    ['no list', { token: 's3cret', type: 'x' }],
    ['null', null],
    ['a list of texts', ['s3cret']],
    ['a list of lists', [['s3cret', 'x']]],
    ['a list with null', [null]],
    ['a report without a token', [{ type: 's3cret' }]],
    ['a token that is no text', [{ token: ['s3cret'], type: 'x' }]],
    ['a token that is too long', [{ token: 's3cret'.repeat(167), type: 'x' }]],
    ['a report without a type', [{ token: 's3cret' }]],
    ['a type that is no text', [{ token: 's3cret', type: { s3cret: 1 } }]],
    ['a url that is no text', [{ token: 's3cret', type: 'x', url: 1 }]],
    ['a bad report after a good one', [REPORT, { token: 's3cret' }]],
  ])('that is %s is refused, and not a word of it repeated', (_, message) => {
    const error = refusal(message);
    expect(JSON.stringify([error.getResponse(), error.message, error.stack])).not.toContain('s3cret');
  });
});

describe('the place where a key was found', () => {
  const { key } = new ApiKeyFormat('parcel', 'live').create();
  const { key: other } = new ApiKeyFormat('parcel', 'test').create();
  const shown = (url: string | undefined) =>
    publicUrl({ token: key, type: 'parcel_api_key', ...(url !== undefined && { url }) });
  const escaped = (text: string) =>
    [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');

  it.each([
    'https://github.com/octo/parcels/blob/12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt',
    'https://github.com/octo/parcels/blob/main/a%20b%25.txt#L12',
    'http://ghe.example:8080/octo/parcels?plain=1',
    `https://github.com/${'a'.repeat(481)}`,
  ])('is shown: %s', (url) => {
    expect(shown(url)).toBe(url);
  });

  it.each<[string, string | undefined]>([
    ['is missing', undefined],
    ['is empty', ''],
    ['is no URL', 'some_url'],
    ['is a path', '/octo/parcels'],
    ['has another scheme', 'javascript:alert(1)//https://github.com'],
    ['has no host', 'https://'],
    ['is longer than 500 characters', `https://github.com/${'a'.repeat(482)}`],
    ['breaks the line', 'https://github.com/octo\nBanned 0.0.0.0'],
    ['turns the line around', 'https://github.com/\u202eotco'],
    ['has a password', 'https://octo:hunter2@github.com/parcels'],
    ['has a user', 'https://ghp_hunter2@github.com/parcels'],
    ['holds the key', `https://github.com/octo/${key}`],
    ['holds the key in its query', `https://github.com/octo?q=${key}&type=code`],
    ['holds the key in its fragment', `https://github.com/octo#${key}`],
    ['holds the key in its host', `https://${key}.example/`],
    ['holds the key with an escaped letter', `https://github.com/${key.replace('_', '%5F')}`],
    ['holds the key escaped all over', `https://github.com/${escaped(key)}`],
    ['holds the key with a letter escaped twice', `https://github.com/${key.replace('_', '%255f')}`],
    [
      'holds the key with a letter escaped five times',
      `https://github.com/${key.replace('_', '%252525255f')}`,
    ],
    ['holds another key', `https://github.com/octo/${other}`],
  ])('is left out when it %s', (_, url) => {
    expect(shown(url)).toBeUndefined();
  });
});
