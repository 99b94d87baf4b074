import { type AnswerChanges, type TestCreationOptions, TestPasskeyDevice } from '@portcullis/testing';
import { passkeyDataOf } from './passkey-record.js';
import { ORIGIN, PasskeyInstance, userNamed } from './passkeys.spec-support.js';

const [ADA, BOB] = [userNamed('ada'), userNamed('bob')];
const COSE_RSA = (algorithm: number, bytes: number, exponent = [1, 0, 1]) =>
  new Map<number, number | Uint8Array>([
    [1, 3],
    [3, algorithm],
    [-1, Buffer.alloc(bytes, 0xab)],
    [-2, Buffer.from(exponent)],
  ]);

let instance: PasskeyInstance;
let device: TestPasskeyDevice;
beforeEach(() => {
  instance = new PasskeyInstance();
  device = new TestPasskeyDevice({ origin: ORIGIN });
});

const optionsFor = async (user = ADA) => (await instance.registrations.options(user)) as TestCreationOptions;
const codeOf = (registering: Promise<unknown>) =>
  registering.then(
    () => 'registered',
    (error) => error.code,
  );
const stored = () => instance.store.list(ADA);

describe('registering a passkey', () => {
  it('asks for what devices have to be', async () => {
    const options = await instance.registrations.options(ADA);
    expect(options).toMatchObject({
      rp: { id: 'parcels.example', name: 'Parcels' },
      user: { name: 'ada', displayName: 'ada' },
      timeout: 300_000,
      attestation: 'none',
      excludeCredentials: [],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    expect(options.pubKeyCredParams.map(({ alg }) => alg)).toEqual([-8, -7, -257]);
  });

  it.each(['ES256', 'EdDSA', 'RS256'] as const)('keeps one with %s', async (algorithm) => {
    const made = await instance.device(ADA, { algorithm, isSynced: true });
    const [factor] = await stored();
    expect(factor).toMatchObject({
      kind: 'passkey',
      handle: made.credentialId,
      confirmedAt: instance.now,
      position: 0,
    });
    expect(passkeyDataOf(factor as never)).toMatchObject({
      isSynced: true,
      isBackedUp: true,
      transports: ['internal'],
      userHandle: made.userHandle,
    });
  });

  it.each(['ES256', 'EdDSA', 'RS256'] as const)(
    'takes one that vouches for itself, with %s',
    async (algorithm) => {
      const made = new TestPasskeyDevice({ origin: ORIGIN, algorithm });
      const answer = made.create(await optionsFor(), { attestation: 'self' });
      expect(await codeOf(instance.register(ADA, answer))).toBe('registered');
    },
  );

  it('calls a user by random bytes, the same for all of their passkeys', async () => {
    const [one, other] = [await optionsFor(), await optionsFor()];
    expect(one.user.id).not.toBe(other.user.id);
    expect(Buffer.from(one.user.id, 'base64url')).toHaveLength(32);
    const first = await instance.device();
    expect((await optionsFor()).user.id).toBe(first.userHandle);
    expect((await optionsFor(BOB)).user.id).not.toBe(first.userHandle);
  });

  it('keeps what each device was told, also where two first ones come at the same time', async () => {
    const both = [await optionsFor(), await optionsFor()].map((options) => {
      const each = new TestPasskeyDevice({ origin: ORIGIN });
      return { each, answer: each.create(options) };
    });
    for (const { answer } of both) await instance.register(ADA, answer);
    const kept = (await stored()).map((factor) => [factor.handle, passkeyDataOf(factor).userHandle]);
    expect(new Map(kept as never)).toEqual(
      new Map(both.map(({ each }) => [each.credentialId, each.userHandle])),
    );
  });

  it('has devices leave out what is registered', async () => {
    const { credentialId } = await instance.device();
    const { excludeCredentials } = await instance.registrations.options(ADA);
    expect(excludeCredentials).toEqual([{ id: credentialId, transports: ['internal'], type: 'public-key' }]);
  });

  it('counts an answer once, also of twenty at the same time', async () => {
    const answer = device.create(await optionsFor());
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(instance.register(ADA, answer))),
    );
    expect(outcomes.filter((outcome) => outcome === 'registered')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'passkey_not_registered')).toHaveLength(19);
    expect(await stored()).toHaveLength(1);
  });

  it.each<[string, AnswerChanges]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin below ours that is not named', { origin: 'https://x.parcels.example' }],
    ['our origin without TLS', { origin: 'http://parcels.example' }],
    ['our origin at another port', { origin: 'https://parcels.example:8443' }],
    ['another domain', { rpId: 'evil.example' }],
    ['a frame of another origin', { clientData: { crossOrigin: true } }],
    ['a frame within another page', { clientData: { topOrigin: 'https://evil.example' } }],
    ['a login in place of a registration', { clientData: { type: 'webauthn.get' } }],
    ['a user that was not verified', { isUserVerified: false }],
    ['a challenge of nobody', { challenge: 'AAAA' }],
    ['RS1', { publicKey: COSE_RSA(-65_535, 256) }],
    ['no algorithm', { publicKey: new Map([[1, 2]]) }],
    ['the algorithm 0', { publicKey: COSE_RSA(0, 256) }],
    ['a small RSA key', { publicKey: COSE_RSA(-257, 128) }],
    ['a huge RSA key', { publicKey: COSE_RSA(-257, 2_048) }],
    ['a huge RSA exponent', { publicKey: COSE_RSA(-257, 256, Array(200).fill(255)) }],
    ['an RSA key under ES256', { publicKey: COSE_RSA(-7, 256) }],
    ['an attestation that was made up', { attestation: { format: 'tpm', statement: new Map() } }],
    ['one by certificates', { attestation: { format: 'packed', statement: new Map([['x5c', 'AAAA']]) } }],
    ['an unknown attestation', { attestation: { format: 'garbage', statement: new Map() } }],
    ['none with a statement', { attestation: { format: 'none', statement: new Map([['a', 1]]) } }],
    [
      'a signature of the key that is wrong',
      {
        attestation: {
          format: 'packed',
          statement: new Map<string, number | Uint8Array>([
            ['alg', -7],
            ['sig', Buffer.alloc(70)],
          ]),
        },
      },
    ],
  ])('refuses %s, and uses its challenge up', async (_, changes) => {
    const options = await optionsFor();
    const registering = instance.register(ADA, device.create(options, changes));
    expect(await codeOf(registering)).toBe('passkey_not_registered');
    if (changes.challenge === undefined)
      expect(await codeOf(instance.register(ADA, device.create(options)))).toBe('passkey_not_registered');
    expect(await stored()).toEqual([]);
  });

  it('reads no attestation by certificates, whatever is wrong with it', async () => {
    const attestation = { format: 'apple', statement: new Map([['x5c', Buffer.alloc(8)]]) };
    const answer = device.create(await optionsFor(), { attestation });
    const reason = await instance.register(ADA, answer).catch((error) => error.reason);
    expect(reason).toBe('it comes with an attestation, which nobody asked for');
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'x'],
    ['a list', []],
    ['an empty object', {}],
    ['no response', { id: 'AAAA', rawId: 'AAAA', type: 'public-key' }],
  ])('refuses %s', async (_, answer) => {
    expect(await codeOf(instance.register(ADA, answer))).toBe('passkey_not_registered');
  });

  it('refuses client data and attestations that are no such, or too long', async () => {
    for (const response of [
      { clientDataJSON: 'AAAA' },
      { clientDataJSON: Buffer.from('null').toString('base64url') },
      { clientDataJSON: Buffer.from('{"challenge":1}').toString('base64url') },
      { clientDataJSON: 'A'.repeat(2_052) },
      { attestationObject: 'AAAA' },
      { attestationObject: Buffer.alloc(6_000, 0x81).toString('base64url') },
      { attestationObject: 'A'.repeat(8_196) },
      { attestationObject: 7 },
    ]) {
      const answer = device.create(await optionsFor());
      const changed = { ...answer, response: { ...answer.response, ...response } };
      expect(await codeOf(instance.register(ADA, changed))).toBe('passkey_not_registered');
    }
  });

  it('refuses the answer to a challenge of another session, another user, or a login', async () => {
    const login = instance.challenges.make({ kind: 'login', asker: '' });
    for (const challenge of [
      (await optionsFor(BOB)).challenge,
      (await optionsFor(userNamed('ada', 'another session'))).challenge,
      login,
    ]) {
      const answer = device.create(await optionsFor(), { challenge });
      expect(await codeOf(instance.register(ADA, answer))).toBe('passkey_not_registered');
    }
  });

  it('refuses one that is over', async () => {
    const answer = device.create(await optionsFor());
    instance.now += 300_000;
    expect(await codeOf(instance.register(ADA, answer))).toBe('passkey_not_registered');
  });

  it('refuses a credential that somebody has, also where both come at the same time', async () => {
    const { credentialId } = await instance.device();
    await expect(instance.device(BOB, { credentialId })).rejects.toMatchObject({
      code: 'passkey_not_registered',
    });
    const shared = Buffer.alloc(16, 9).toString('base64url');
    const outcomes = await Promise.all(
      [ADA, BOB].map((user) => codeOf(instance.device(user, { credentialId: shared }))),
    );
    expect(outcomes.sort()).toEqual(['passkey_not_registered', 'registered']);
  });

  it('lets nobody have more than may be, also where they come at the same time', async () => {
    const options = await Promise.all(Array.from({ length: 6 }, () => optionsFor()));
    const outcomes = await Promise.all(
      options.map((each) => {
        const answer = new TestPasskeyDevice({ origin: ORIGIN }).create(each);
        return codeOf(instance.register(ADA, answer));
      }),
    );
    const registered = outcomes.filter((outcome) => outcome === 'registered').length;
    expect(registered).toBeLessThanOrEqual(3);
    expect(await stored()).toHaveLength(registered);
    for (let count = registered; count < 3; count++) await instance.device();
    expect(await codeOf(optionsFor())).toBe('passkey_not_registered');
  });

  it('takes devices that can’t ask their user where that is preferred only', async () => {
    instance = new PasskeyInstance({ userVerification: 'preferred' });
    const answer = device.create(await optionsFor(), { isUserVerified: false });
    expect(await codeOf(instance.register(ADA, answer))).toBe('registered');
  });

  it('takes those of related origins where they are named', async () => {
    const related = 'https://parcels.test';
    const changes = { origin: related };
    expect(await codeOf(instance.register(ADA, device.create(await optionsFor(), changes)))).toBe(
      'passkey_not_registered',
    );
    instance = new PasskeyInstance({ relatedOrigins: [related] });
    expect(await codeOf(instance.register(ADA, device.create(await optionsFor(), changes)))).toBe(
      'registered',
    );
  });
});
