import { MemoryReplaySet, PortcullisError } from '@portcullis/auth';
import { type ChallengePurpose, PasskeyChallenges } from './passkey-challenges.js';
import { ISSUER, PasskeyInstance } from './passkeys.spec-support.js';

const LOGIN: ChallengePurpose = { kind: 'login', asker: '' };
const ONE: ChallengePurpose = { kind: 'factor', asker: 'one ticket' };

let instance: PasskeyInstance;
beforeEach(() => {
  instance = new PasskeyInstance();
});

describe('challenges', () => {
  it('are ours for five minutes, on every instance with the same keys', () => {
    const challenge = instance.challenges.make(ONE);
    const other = new PasskeyInstance();
    expect(other.challenges.isOurs(challenge, ONE)).toBe(true);
    instance.now += 300_000 - 1;
    expect(instance.challenges.isOurs(challenge, ONE)).toBe(true);
    instance.now += 1;
    expect(instance.challenges.isOurs(challenge, ONE)).toBe(false);
  });

  it.each<ChallengePurpose>([
    LOGIN,
    { ...ONE, asker: 'another ticket' },
    { ...ONE, asker: '' },
    { ...ONE, kind: 'registration' },
  ])('of one ticket are none for %j', (purpose) => {
    expect(instance.challenges.isOurs(instance.challenges.make(ONE), purpose)).toBe(false);
  });

  it('of one app are none in another', () => {
    const challenge = instance.challenges.make(LOGIN);
    expect(new PasskeyInstance({ rpId: 'depot.example' }).challenges.isOurs(challenge, LOGIN)).toBe(false);
  });

  it('can be changed nowhere', () => {
    const bytes = Buffer.from(instance.challenges.make(LOGIN), 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] as number) ^ 1;
      expect(instance.challenges.isOurs(changed.toString('base64url'), LOGIN)).toBe(false);
    }
  });

  it.each([
    (text: string) => `${text}=`,
    (text: string) => `${text} `,
    (text: string) => `${text}AA`,
    (text: string) => text.slice(0, -2),
    (text: string) => `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`,
    () => '',
    () => 'A'.repeat(10_000),
  ])('have one spelling (%#)', (respell) => {
    expect(instance.challenges.isOurs(respell(instance.challenges.make(LOGIN)), LOGIN)).toBe(false);
  });

  it('are all different, and hold at least 16 random bytes', () => {
    const made = Array.from({ length: 100 }, () => instance.challenges.make(LOGIN).slice(0, 22));
    expect(new Set(made).size).toBe(100);
  });

  it('of one process are no other one’s where no key is shared', () => {
    const own = () =>
      new PasskeyChallenges(
        { binding: { replays: new MemoryReplaySet() } as never, now: Date.now },
        instance.settings,
        ISSUER,
      );
    const one = own();
    const challenge = one.make(LOGIN);
    expect([one.isOurs(challenge, LOGIN), own().isOurs(challenge, LOGIN)]).toEqual([true, false]);
  });

  it('are used once, on all instances together', async () => {
    const other = new PasskeyInstance({}, instance.store, instance.replays);
    const challenge = instance.challenges.make(LOGIN);
    const uses = Array.from({ length: 50 }, (_, index) => [instance, other][index % 2]?.challenges);
    const first = await Promise.all(uses.map((challenges) => challenges?.isFirstUse(challenge)));
    expect(first.filter(Boolean)).toHaveLength(1);
  });

  it('are remembered for longer than they are accepted', async () => {
    const remembered: number[] = [];
    const replays = { firstUse: async (_: string, seconds: number) => remembered.push(seconds) > 0 };
    const watched = new PasskeyInstance({}, instance.store, replays as never);
    const challenge = watched.challenges.make(LOGIN);
    watched.now += 299_000;
    await watched.challenges.isFirstUse(challenge);
    expect(remembered).toEqual([6]);
  });

  it('are refused where nobody can say whether they were used', async () => {
    const replays = { firstUse: () => Promise.reject(new Error('away')) };
    const cutOff = new PasskeyInstance({}, instance.store, replays as never);
    const use = cutOff.challenges.isFirstUse(cutOff.challenges.make(LOGIN));
    await expect(use).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    await expect(use).rejects.toBeInstanceOf(PortcullisError);
  });
});
