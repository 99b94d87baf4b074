import { eventually } from '../support/eventually.js';
import { banned, type Credential, DEATHS, type Deed, loggedIn } from './deaths.js';
import type { Question } from './soak/http-client.js';
import { SoakProcess } from './soak/soak-process.js';
import { STORES, type StoreName } from './soak/stores.js';

describe.each(['sqlite', 'postgres'] as StoreName[])('who dies between keeping and telling, on %s', (on) => {
  let dying: SoakProcess;
  let other: SoakProcess;
  let stop = async () => {};
  const deeds = new Map<(typeof DEATHS)[number], Deed>();
  const others: Record<'lasting' | 'undone', Credential> = { lasting: { path: '' }, undone: { path: '' } };

  /** One process is killed when it has kept all of it, and has gone no further with any. */
  beforeAll(async () => {
    const store = await STORES[on]();
    const started = ['express', 'fastify'].map(async (ADAPTER) => {
      const { environment, links } = await store.place();
      const process = new SoakProcess(ADAPTER, { ...environment, ADAPTER }, links);
      await process.start(0);
      return process;
    });
    [dying, other] = (await Promise.all(started)) as [SoakProcess, SoakProcess];
    stop = async () => {
      await Promise.all([dying.stop(), other.stop()]);
      await store.stop();
    };
    for (const [index, death] of DEATHS.entries()) {
      const deed = await death.prepare(other, `user-${index}`);
      deeds.set(death, deed);
      for (const each of allOf(deed)) if (!each.isUsedUp) expect(await accepts(other, each)).toBe(true);
      await leaveUndone(dying, death.after, deed.deed);
    }
    others.lasting = (await loggedIn(other, 'somebody')).access;
    const { access, tokenId } = await loggedIn(other, 'somebody');
    others.undone = access;
    await leaveUndone(dying, 'revocations.save', { method: 'DELETE', path: `/tokens/${tokenId}` });
    await dying.kill();
  }, 120_000);
  afterAll(() => stop());

  it.each(DEATHS.map((death) => [death.what, death.after, death] as const))(
    'has done it: %s (after %s)',
    async (_what, _after, death) => {
      const { ended = [], endedSoon = [] } = deeds.get(death) as Deed;
      for (const each of ended) expect(await accepts(other, each)).toBe(false);
      await eventually(async () => !(await accepted(other, endedSoon)).includes(true));
    },
  );

  it('is told by none of what would not be kept', async () => {
    expect(await accepts(other, others.undone)).toBe(true);
  });

  it('and is started again does what is left', async () => {
    await dying.start(0);
    for (const deed of deeds.values()) {
      expect(await accepted(dying, allOf(deed))).not.toContain(true);
      await eventually(async () => !(await accepted(other, allOf(deed))).includes(true));
    }
    const { lasting, undone } = others;
    for (const process of [dying, other])
      expect(await accepted(process, [lasting, undone])).toEqual([true, true]);
  });

  it.each([
    ['bans.lift', '12.0.0.1'],
    ['bans.forget', '12.0.0.2'],
    ['bans.forgetByIds', '12.0.0.3'],
  ] as const)('has let nobody in of whom none were told (%s)', async (call, address) => {
    const ban = await banned(other, address);
    await leaveUndone(dying, call, { method: 'DELETE', path: ban[call] });
    await dying.kill();
    await dying.start(0);
    expect(await accepts(other, ban.request)).toBe(false);
    expect(await accepts(dying, ban.request)).toBe(false);
  });

  it('has done it: other signing keys', async () => {
    await leaveUndone(dying, 'signingKeys.replaceAll', { method: 'POST', path: '/signing-keys/replace' });
    await dying.kill();
    await eventually(async () => !(await accepts(other, others.lasting)));
  });
});

function allOf({ ended = [], endedSoon = [], endedByNext = [] }: Deed): readonly Credential[] {
  return [...ended, ...endedSoon, ...endedByNext];
}

async function accepts(process: SoakProcess, { isUsedUp: _, ...question }: Credential): Promise<boolean> {
  let status = 0;
  // Neither is an answer to that: a connection was given up for idleness meanwhile, or the process is too busy to hear of changes.
  await eventually(async () => {
    ({ status } = await process.ask(question));
    return status !== 0 && status !== 503;
  });
  return status < 300;
}

function accepted(process: SoakProcess, credentials: readonly Credential[]): Promise<readonly boolean[]> {
  return Promise.all(credentials.map((each) => accepts(process, each)));
}

/** Resolves once the store has done its part. */
async function leaveUndone(process: SoakProcess, after: string, deed: Question): Promise<void> {
  const hanging = async () => Number((await process.ask({ path: '/hanging' })).body.hanging);
  const before = await hanging();
  await process.ask({ method: 'POST', path: `/hang/${after}` });
  void process.ask(deed);
  await eventually(async () => (await hanging()) > before);
}
