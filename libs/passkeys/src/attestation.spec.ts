import { type AnswerChanges, TestPasskeyDevice } from '@portcullis/testing';
import { isPlainAttestation } from './attestation.js';
import { ORIGIN } from './passkeys.spec-support.js';

const answerWith = (attestation: AnswerChanges['attestation']) =>
  new TestPasskeyDevice({ origin: ORIGIN }).create(
    { challenge: 'AAAA', rp: { id: 'parcels.example' }, user: { id: 'AAAA' } },
    attestation === undefined ? {} : { attestation },
  ) as never;

it.each([undefined, 'self'] as const)('an attestation that is %s is plain', (attestation) => {
  expect(isPlainAttestation(answerWith(attestation))).toBe(true);
});

it.each(['android-key', 'android-safetynet', 'apple', 'fido-u2f', 'tpm', 'compound', ''])(
  'one of the format %j is not, nor is one by certificates',
  (format) => {
    expect(isPlainAttestation(answerWith({ format, statement: new Map() }))).toBe(false);
    const statement = new Map([['x5c', Buffer.alloc(8)]]);
    expect(isPlainAttestation(answerWith({ format: 'packed', statement }))).toBe(false);
  },
);

it.each([
  '',
  'AAAA',
  Buffer.alloc(6_000, 0x81).toString('base64url'),
  Buffer.from('a2', 'hex').toString('base64url'),
])('what is none, such as %j, is not', (attestationObject) => {
  expect(isPlainAttestation({ response: { attestationObject } } as never)).toBe(false);
});
