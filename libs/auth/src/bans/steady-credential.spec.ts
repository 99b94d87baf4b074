import { type Asked, play } from './scene.spec-support.js';
import { steadyAuthorization, steadyCookies } from './steady-credential.js';

const digest = (nonce: number, more = '') =>
  `Digest username="ada", realm="a, b", nonce="${nonce}", uri="/x?n=${nonce}", nc=0000000${nonce % 9}, cnonce="c${nonce}", response="${nonce}f"${more}`;

/** Two texts of one credential, and one of another. */
const SIGNED: Readonly<Record<string, readonly [one: string, again: string, other: string]>> = {
  digest: [digest(1), digest(2), digest(3).replace('ada', 'bob')],
  hawk: [
    'Hawk id="a", ts="1", nonce="x", mac="y="',
    'Hawk id="a", ts="2", nonce="z", mac="q="',
    'Hawk id="b", ts="1", nonce="x", mac="y="',
  ],
  'oauth 1': [
    'OAuth oauth_consumer_key="k", oauth_nonce="1", oauth_signature="s"',
    'OAuth oauth_consumer_key="k", oauth_nonce="2", oauth_signature="t"',
    'OAuth oauth_consumer_key="l", oauth_nonce="1", oauth_signature="s"',
  ],
  amazon: [
    'AWS4-HMAC-SHA256 Credential=AK/20300101/eu/s3/aws4_request, SignedHeaders=host, Signature=a1',
    'AWS4-HMAC-SHA256 Credential=AK/20300101/eu/s3/aws4_request, SignedHeaders=host, Signature=b2',
    'AWS4-HMAC-SHA256 Credential=BK/20300101/eu/s3/aws4_request, SignedHeaders=host, Signature=a1',
  ],
  azure: ['SharedKey shop:aGVsbG8=', 'SharedKey shop:d29ybGQ=', 'SharedKey store:aGVsbG8='],
};

describe.each(Object.entries(SIGNED))('what is signed anew each time, %s,', (_, [one, again, other]) => {
  it('is one credential for each account', () => {
    expect(steadyAuthorization(one)).toBe(steadyAuthorization(again));
    expect(steadyAuthorization(one)).not.toBe(steadyAuthorization(other));
  });
});

it('what is sent as it is stays whole, whatever is written behind it', () => {
  for (const text of [
    'Bearer a.b.c',
    'Bearer guess, response=1',
    'Basic YTpi',
    'Token token="x", mac=1',
    'guess',
  ])
    expect(steadyAuthorization(text)).toBe(text);
});

it('handshakes of Windows are one', () => {
  expect(steadyAuthorization('NTLM TlRMTVNTUAAB')).toBe(steadyAuthorization('NTLM TlRMTVNTUAADAA'));
});

it('cookies of balancers are none', () => {
  expect(steadyCookies('AWSALB=1; sid=a; __cf_bm=x')).toBe(steadyCookies('__cf_bm=y; sid=a; AWSALB=2'));
  expect(steadyCookies('sid=a; AWSALB=1')).not.toBe(steadyCookies('sid=b; AWSALB=1'));
});

const polls = (
  count: number,
  headers: (index: number) => Record<string, string>,
  more: Partial<Asked>,
): Asked[] =>
  Array.from({ length: count }, (_, index) => ({
    url: '/reports',
    headers: headers(index),
    after: 1,
    ...more,
  }));

/** What a guard of the app itself answers, what nobody does, and a fallback. */
const ANSWERS: readonly Partial<Asked>[] = [
  { status: 401, route: '/reports' },
  { status: 403, route: '/reports' },
  { status: 404 },
  { status: 200, route: '/{*path}' },
];

describe('a client that has one wrong secret and asks each second', () => {
  it.each([
    ['Digest', (index: number) => ({ authorization: digest(index) })],
    [
      'Digest by SHA-256',
      (index: number) => ({ authorization: digest(index, ', algorithm=SHA-256, qop=auth') }),
    ],
    ['NTLM', (index: number) => ({ authorization: `NTLM TlRMTVNTUAAD${index}` })],
    [
      'a signature',
      (index: number) => ({ authorization: (SIGNED.amazon?.[0] ?? '').replace('a1', `${index}`) }),
    ],
    [
      'a cookie behind a balancer',
      (index: number) => ({ cookie: `sid=over; AWSALB=${index}; AWSALBCORS=${index}` }),
    ],
  ])('stays below half of a limit: %s', async (_, headers) => {
    for (const answer of ANSWERS) {
      const { bannedBy, share } = await play(polls(1_500, headers, answer));
      expect({ answer, bannedBy, isPast: share > 0.5 }).toEqual({ answer, bannedBy: [], isPast: false });
    }
  });
});

describe('who guesses', () => {
  it.each([
    ['accounts of Digest', (index: number) => ({ authorization: digest(index).replace('ada', `u${index}`) })],
    [
      'sessions in cookies behind a balancer',
      (index: number) => ({ cookie: `sid=${index}; AWSALB=${index}` }),
    ],
    ['tokens', (index: number) => ({ authorization: `Bearer ${index}, response=1` })],
  ])('is banned: %s', async (_, headers) => {
    const { bannedBy } = await play(polls(60, headers, { status: 401, route: '/reports' }));
    expect(bannedBy).toEqual(['refused-credentials']);
  });
});
