import {
  type ActiveBanQuery,
  type Ban,
  BanExport,
  type BanRecord,
  MemoryBanStore,
  PortcullisAdminModule,
} from '@portcullis/auth';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

const COUNT = 5_000;
const BAN: Omit<BanRecord, 'id' | 'network'> = {
  ...{
    reason: 'a reason of some length, so that no buffer takes all of it'.repeat(8),
    rule: null,
    actor: null,
  },
  ...{ offence: 1, shadow: false, createdAt: Date.now(), expiresAt: Date.now() + 3_600_000 },
  ...{ liftedAt: null, liftedBy: null, strikes: [] },
};
const bans = Array.from({ length: COUNT }, (_, index) => ({
  ...BAN,
  id: String(index).padStart(6, '0'),
  network: `203.${index >> 16}.${(index >> 8) & 255}.${index & 255}/32`,
}));

/** Counts what is read of it, and may fail at a page. */
class PagedStore extends MemoryBanStore {
  pages = 0;
  failsAt = Number.POSITIVE_INFINITY;

  override async findActive(query: ActiveBanQuery): Promise<readonly Ban[]> {
    this.pages++;
    if (this.pages >= this.failsAt) throw new Error('the disk fails');
    return super.findActive(query);
  }
}

describeOnPlatforms('an export of very many bans on %s', (running) => {
  let store: PagedStore;
  const start = async () => {
    store = new PagedStore();
    await store.save(bans);
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes, stores: { bans: store } },
      imports: [PortcullisAdminModule.register()],
    });
    store.pages = 0;
  };
  const exported = async (format: string) =>
    running.fetch(`/admin/bans/export?format=${format}`, {
      headers: await userWith(running.app, ['bans:admin'], 'root'),
    });

  it('has each of them', async () => {
    await start();
    const lines = (await (await exported('plain')).text()).split('\n');
    expect(lines).toHaveLength(COUNT + 1);
    const elements = (await (await exported('nftables')).text()).match(/^\t{3}203/gm);
    expect(elements).toHaveLength(COUNT);
  });

  it.each(['plain', 'drop', 'crowdsec', 'nftables', 'ipset'])(
    'as %s is no whole answer when the store fails in the middle',
    async (format) => {
      await start();
      store.failsAt = 4;
      const whole = exported(format).then((answer) =>
        answer.ok ? answer.text() : Promise.reject(new Error('refused')),
      );
      await expect(whole).rejects.toThrow();
    },
  );

  it('is refused when the store fails at once', async () => {
    await start();
    store.failsAt = 1;
    expect((await exported('plain')).status).toBe(503);
  });

  it('is read no faster than it is taken, and no further once nobody takes it', async () => {
    await start();
    const blocks = (await running.app.get(BanExport).write('plain'))[Symbol.asyncIterator]();
    expect((await blocks.next()).done).toBe(false);
    expect(store.pages).toBe(1);
    await blocks.next();
    expect(store.pages).toBe(2);
    await blocks.return?.();
    expect((await blocks.next()).done).toBe(true);
    expect(store.pages).toBe(2);
  });
});
