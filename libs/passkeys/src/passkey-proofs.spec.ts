import type { PortcullisError } from '@portcullis/auth';
import { type AnswerChanges, type TestPasskeyAnswer, TestPasskeyDevice } from '@portcullis/testing';
import type { ChallengePurpose } from './passkey-challenges.js';
import type { PasskeyProofs } from './passkey-proofs.js';
import { ORIGIN, PasskeyInstance, userNamed } from './passkeys.spec-support.js';

const LOGIN: ChallengePurpose = { kind: 'login', asker: '' };
const TICKET: ChallengePurpose = { kind: 'factor', asker: 'a ticket' };
const BOB = userNamed('bob');

let instance: PasskeyInstance;
let device: TestPasskeyDevice;
beforeEach(async () => {
  instance = new PasskeyInstance();
  device = await instance.device();
});

const answer = async (changes: AnswerChanges = {}, from = device, purpose = LOGIN) =>
  from.get(await instance.proofs.options(purpose), changes);
const unlessInvalid = (error: { readonly code?: string }) => {
  if (error.code !== 'invalid_passkey') throw error;
  return undefined;
};
const provenBy = ({ proofs }: PasskeyInstance, ...parameters: Parameters<PasskeyProofs['prove']>) =>
  proofs.prove(...parameters).catch(unlessInvalid);
const outcome = async (given: unknown, purpose = LOGIN) =>
  (await provenBy(instance, given, purpose))?.factor.subject;
/** What the operator reads. */
const reason = async (given: unknown) =>
  instance.proofs.prove(given, LOGIN).then(
    () => 'proven',
    (error: PortcullisError) => error.reason,
  );
const withResponse = (given: TestPasskeyAnswer, response: object) => ({
  ...given,
  response: { ...given.response, ...response },
});
const forged = (given: TestPasskeyAnswer) => {
  const signature = Buffer.from(given.response.signature as string, 'base64url');
  signature[signature.length - 1] = (signature.at(-1) as number) ^ 1;
  return withResponse(given, { signature: signature.toString('base64url') });
};

describe('a login with a passkey', () => {
  it('notes whether the device has copied it by now, and nothing of what is refused', async () => {
    const synced = await instance.device(BOB, { isSynced: true });
    const isBackedUp = async () => {
      const factor = await instance.store.findByHandle('passkey', synced.credentialId);
      return JSON.parse(factor?.data ?? '{}').isBackedUp;
    };
    expect(await isBackedUp()).toBe(true);
    expect(await outcome(forged(await answer({ isBackedUp: false }, synced)))).toBeUndefined();
    expect(await isBackedUp()).toBe(true);
    for (const now of [false, true]) {
      expect(await outcome(await answer({ isBackedUp: now }, synced))).toBe('bob');
      expect(await isBackedUp()).toBe(now);
    }
  });

  it('asks everybody the same', async () => {
    const { challenge, ...options } = await instance.proofs.options(LOGIN);
    expect(options).toEqual({
      rpId: 'parcels.example',
      timeout: 300_000,
      userVerification: 'required',
      allowCredentials: [],
    });
    expect(Buffer.from(challenge, 'base64url').length).toBeGreaterThanOrEqual(16);
  });

  it.each(['ES256', 'EdDSA', 'RS256'] as const)('proves whose it is with %s', async (algorithm) => {
    const bobs = await instance.device(BOB, { algorithm });
    expect(await outcome(await answer({}, bobs))).toBe('bob');
    expect(await outcome(await answer())).toBe('ada');
  });

  it.each([
    [false, 'hwk'],
    [true, 'swk'],
  ])('says by what: synced %s is %s', async (isSynced, method) => {
    const made = await instance.device(BOB, { isSynced });
    expect(await instance.proofs.prove(await answer({}, made), LOGIN)).toMatchObject({
      kind: 'passkey',
      amr: [method, 'user'],
      isMultiFactor: true,
    });
  });

  it('counts an answer once, also of twenty at the same time on two instances', async () => {
    const other = new PasskeyInstance({}, instance.store, instance.replays);
    const given = await answer();
    const proving = Array.from({ length: 20 }, (_, index) =>
      provenBy([instance, other][index % 2] as PasskeyInstance, given, LOGIN),
    );
    expect((await Promise.all(proving)).filter((proven) => proven !== undefined)).toHaveLength(1);
    expect(await outcome(given)).toBeUndefined();
  });

  it.each<[string, (given: TestPasskeyAnswer) => unknown]>([
    ['with a forged signature', forged],
    ['with an empty signature', (given) => withResponse(given, { signature: 'AA' })],
  ])('uses a challenge up by an answer %s', async (_, spoil) => {
    const given = await answer();
    expect(await outcome(spoil(given))).toBeUndefined();
    expect(await outcome(given)).toBeUndefined();
  });

  it.each<[string, AnswerChanges]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin below ours that is not named', { origin: 'https://x.parcels.example' }],
    ['our origin without TLS', { origin: 'http://parcels.example' }],
    ['our origin with a slash', { origin: 'https://parcels.example/' }],
    ['another domain', { rpId: 'evil.example' }],
    ['a frame of another origin', { clientData: { crossOrigin: true } }],
    ['a frame that says it otherwise', { clientData: { crossOrigin: 'true' } }],
    ['a frame within another page', { clientData: { topOrigin: ORIGIN } }],
    ['a registration in place of a login', { clientData: { type: 'webauthn.create' } }],
    ['a user that was not verified', { isUserVerified: false }],
    ['a challenge of nobody', { challenge: 'AAAA' }],
    ['another account', { userHandle: 'AAAA' }],
    ['no account', { userHandle: '' }],
    ['a device that was none of those that are copied', { isSynced: true }],
  ])('refuses %s', async (_, changes) => {
    expect(await outcome(await answer(changes))).toBeUndefined();
    expect(await outcome(await answer())).toBe('ada');
  });

  it('refuses a challenge that is over, of a ticket, or of a registration', async () => {
    const late = await answer();
    instance.now += 300_000;
    expect(await outcome(late)).toBeUndefined();
    const ofTicket = await answer({}, device, TICKET);
    expect(await outcome(ofTicket)).toBeUndefined();
    const { challenge } = await instance.registrations.options(userNamed('ada'));
    expect(await outcome(await answer({ challenge }))).toBeUndefined();
  });

  it('refuses a passkey that nobody knows, the one of another under our id, and one that was removed', async () => {
    const stranger = new TestPasskeyDevice({ origin: ORIGIN });
    expect(await outcome(await answer({ userHandle: device.userHandle }, stranger))).toBeUndefined();
    const { credentialId } = device;
    const posing = new TestPasskeyDevice({ origin: ORIGIN, credentialId });
    expect(await outcome(await answer({ userHandle: device.userHandle }, posing))).toBeUndefined();
    const [factor] = await instance.store.list(userNamed('ada'));
    await instance.store.remove(factor?.id ?? '', []);
    expect(await outcome(await answer())).toBeUndefined();
  });

  it('remembers nothing of whoever names no passkey of ours', async () => {
    let uses = 0;
    const replays = { firstUse: async () => ++uses > 0 };
    const watched = new PasskeyInstance({}, instance.store, replays as never);
    const stranger = new TestPasskeyDevice({ origin: ORIGIN });
    const options = await watched.proofs.options(LOGIN);
    await provenBy(watched, stranger.get(options, { userHandle: device.userHandle }), LOGIN);
    await provenBy(watched, device.get(options, { challenge: 'AAAA' }), LOGIN);
    expect(uses).toBe(0);
    await provenBy(watched, device.get(options), LOGIN);
    expect(uses).toBe(1);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a code', '123456'],
    ['a list', [1]],
    ['an empty object', {}],
  ])('refuses %s', async (_, given) => {
    expect(await outcome(given)).toBeUndefined();
  });

  it('refuses members that are no bytes, in another spelling, or too long', async () => {
    const long = 'A'.repeat(2_052);
    for (const response of [
      { clientDataJSON: long },
      { authenticatorData: long },
      { authenticatorData: 'AAAA' },
      { signature: long },
      { signature: 7 },
      { signature: null },
      { userHandle: long },
      { clientDataJSON: ['AAAA'] },
    ])
      expect(await outcome(withResponse(await answer(), response))).toBeUndefined();
    for (const changes of [{ type: 'password' }, { rawId: 'AAAA' }, { id: 7 }, { response: 'x' }])
      expect(await outcome({ ...(await answer()), ...changes })).toBeUndefined();
    const { id } = await answer();
    expect(await outcome({ ...(await answer()), id: `${id}=`, rawId: `${id}=` })).toBeUndefined();
  });

  it('tells the operator what was wrong', async () => {
    const stranger = new TestPasskeyDevice({ origin: ORIGIN });
    const used = await answer();
    await outcome(used);
    const reasons = [
      {},
      await answer({ challenge: 'AAAA' }),
      await answer({ userHandle: device.userHandle }, stranger),
      used,
      await answer({ userHandle: 'AAAA' }),
      await answer({ clientData: { crossOrigin: true } }),
      await answer({ origin: 'https://evil.example' }),
      forged(await answer()),
      await answer({ isSynced: true }),
    ];
    expect(await Promise.all(reasons.map(reason))).toEqual(
      [
        'malformed',
        'challenge is not ours',
        'not known',
        'a used challenge comes again',
        "another one's",
        'in a frame',
        'is wrong',
        'signature',
        'was copied, or not',
      ].map((part) => expect.stringContaining(part)),
    );
  });

  it('lets nobody in where the store is away', async () => {
    const given = await answer();
    instance.store.useCounter = () => Promise.reject(new Error('away'));
    await expect(outcome(given)).rejects.toThrow('away');
  });
});

describe('the counter of a passkey', () => {
  it('goes up, or the passkey was copied', async () => {
    const made = await instance.device(BOB, { counter: 5 });
    for (const [counter, subject] of [
      [5, undefined],
      [6, 'bob'],
      [6, undefined],
      [4, undefined],
      [0, undefined],
      [9, 'bob'],
    ] as const)
      expect([counter, await outcome(await answer({ counter }, made))]).toEqual([counter, subject]);
  });

  it('is none where it stays at 0', async () => {
    for (let time = 0; time < 3; time++) expect(await outcome(await answer({ counter: 0 }))).toBe('ada');
  });

  it('may go back where the passkey is copied to other devices, but not once it was removed', async () => {
    const made = await instance.device(BOB, { isSynced: true, counter: 5 });
    expect(await outcome(await answer({ counter: 2 }, made))).toBe('bob');
    const last = await answer({ counter: 2 }, made);
    const remove = instance.store.useCounter.bind(instance.store);
    instance.store.useCounter = async (id, ...rest) => {
      await instance.store.remove(id, []);
      return remove(id, ...rest);
    };
    expect(await outcome(last)).toBeUndefined();
  });

  it('lets one in of two with the same number, at the same time', async () => {
    const made = await instance.device(BOB, { counter: 5 });
    const both = await Promise.all([1, 2].map(async () => outcome(await answer({ counter: 6 }, made))));
    expect(both.filter((subject) => subject === 'bob')).toHaveLength(1);
  });
});

describe('a passkey as a second factor', () => {
  const candidates = () => instance.store.list(userNamed('ada'));
  const proveFactor = async (given: unknown, purpose = TICKET) =>
    provenBy(instance, given, purpose, await candidates());

  it('is asked for by the ids of the user’s own', async () => {
    const { allowCredentials } = await instance.proofs.options(TICKET, await candidates());
    expect(allowCredentials).toEqual([
      { id: device.credentialId, transports: ['internal'], type: 'public-key' },
    ]);
  });

  it('counts for the ticket that it was asked for, once', async () => {
    const given = await answer({}, device, TICKET);
    expect(await proveFactor(given, { ...TICKET, asker: 'another ticket' })).toBeUndefined();
    expect(await proveFactor(given)).toMatchObject({ isMultiFactor: true });
    expect(await proveFactor(given)).toBeUndefined();
  });

  it('need not say whose it is, but must not be another one’s', async () => {
    const silent = await answer({}, device, TICKET);
    const { userHandle, ...response } = silent.response;
    expect(await proveFactor({ ...silent, response })).toBeDefined();
    expect(await proveFactor(await answer({ userHandle: 'AAAA' }, device, TICKET))).toBeUndefined();
    const bobs = await instance.device(BOB);
    expect(await proveFactor(await answer({}, bobs, TICKET))).toBeUndefined();
  });

  it('counts as one factor where its user was not verified, and that is enough', async () => {
    const given = await answer({ isUserVerified: false }, device, TICKET);
    expect(await proveFactor(given)).toBeUndefined();
    const lenient = new PasskeyInstance({ userVerification: 'preferred' }, instance.store);
    const options = await lenient.proofs.options(TICKET);
    expect(options.userVerification).toBe('preferred');
    const proving = lenient.proofs.prove(
      device.get(options, { isUserVerified: false }),
      TICKET,
      await candidates(),
    );
    expect(await proving).toMatchObject({ isMultiFactor: false });
  });

  it('is no login by itself where its user was not verified, whatever is preferred', async () => {
    const lenient = new PasskeyInstance({ userVerification: 'preferred' }, instance.store);
    const options = await lenient.proofs.options(LOGIN);
    expect(options.userVerification).toBe('required');
    expect(await provenBy(lenient, device.get(options, { isUserVerified: false }), LOGIN)).toBeUndefined();
  });
});
