import {
  FactorService,
  MemoryAccountLinkStore,
  MemoryReplaySet,
  PortcullisSessionsModule,
  type UserDirectory,
} from '@portcullis/auth';
import { AccountLinks, PortcullisLoginModule } from '@portcullis/oauth/login';
import { PortcullisPasskeysModule } from '@portcullis/passkeys';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { QUICK_HASHER, Users, UsersModule } from '../support/users.js';
import { ORIGIN } from './passkey-app.js';
import { PasskeyClient } from './passkey-client.js';

const ADA = { issuer: ownTokens.issuer.url, subject: 'ada' };
const BY_ADA = { actor: 'ada' };

/** Knows when somebody has to wait for their turn. */
class WatchedTurns extends MemoryReplaySet {
  #waits = () => {};

  whenSomebodyWaits(): Promise<void> {
    return new Promise((resolve) => {
      this.#waits = resolve;
    });
  }

  override async firstUse(id: string, seconds: number): Promise<boolean> {
    const isFirst = await super.firstUse(id, seconds);
    if (!isFirst) this.#waits();
    return isFirst;
  }
}

describeOnPlatforms('the last way to log in on %s', (running) => {
  const client = new PasskeyClient(running);
  let links: MemoryAccountLinkStore;
  let turns: WatchedTurns;
  const factors = () => running.app.get(FactorService, { strict: false });
  const accounts = () => running.app.get(AccountLinks, { strict: false });
  const users = () => running.app.get<UserDirectory>(Users, { strict: false });
  const linkAda = (provider = 'idp') =>
    accounts().link(
      { ...ADA, provider, upstream: { iss: `https://${provider}.example`, sub: 'alice' }, name: null },
      'hand',
      BY_ADA,
    );
  const unlink = (provider = 'idp') => accounts().unlink(ADA, provider, BY_ADA).catch(codeOf);
  const passkey = async () => (await factors().list(ADA)).find(({ kind }) => kind === 'passkey');
  const removePasskey = async (details: object = {}) =>
    factors()
      .remove(ADA, (await passkey())?.id ?? '', { ...BY_ADA, ...details })
      .catch(codeOf);

  beforeEach(async () => {
    links = new MemoryAccountLinkStore();
    turns = new WatchedTurns();
    const sessions = PortcullisSessionsModule.register({
      users: Users,
      imports: [UsersModule],
      clientId: 'web',
    });
    const idp = { issuer: 'https://idp.example', clientId: 'parcels', clientSecret: 'a secret' };
    await running.start({
      portcullis: {
        ...{ tokens: ownTokens, bans: noStrikes, passwords: { hasher: QUICK_HASHER } },
        ...{ binding: { replays: turns }, stores: { accountLinks: links } },
      },
      imports: [
        UsersModule,
        sessions,
        PortcullisPasskeysModule.register({
          ...{ sessions, rpId: 'parcels.example', rpName: 'Parcels', origins: [ORIGIN] },
        }),
        PortcullisLoginModule.register({ sessions, providers: { idp, hub: idp } }),
      ],
    });
    await running.app.get(Users, { strict: false }).add('ada');
    users().hasPassword = async () => false;
  });

  it('may be a passkey, so that every link may go', async () => {
    await linkAda();
    expect(await unlink()).toBe('account_link_conflict');
    await client.firstDevice();
    expect(await unlink()).toBe(true);
    expect(await removePasskey()).toBe('factor_conflict');
    expect(await removePasskey({ isForced: true })).toBe(true);
  });

  it('may be a link, so that every passkey may go', async () => {
    await linkAda();
    await client.firstDevice();
    expect([await removePasskey(), await unlink()]).toEqual([true, 'account_link_conflict']);
  });

  it('stays where two are removed at once, from two stores', async () => {
    await client.firstDevice();
    await linkAda();
    const remove = links.remove.bind(links);
    let other: Promise<unknown> | undefined;
    links.remove = async (...given) => {
      // Whoever removes the passkey now comes after it was seen, and before the link is gone.
      other = removePasskey();
      await Promise.race([other, turns.whenSomebodyWaits()]);
      return remove(...given);
    };
    expect([await unlink(), await other]).toEqual([true, 'factor_conflict']);
  });

  it('is no matter to whom has a password, or where the app does not say who has', async () => {
    users().hasPassword = async () => true;
    await linkAda();
    await client.firstDevice();
    expect([await removePasskey(), await unlink()]).toEqual([true, true]);
    delete users().hasPassword;
    await client.firstDevice();
    expect(await removePasskey()).toBe(true);
  });

  it('can not be told while the users are away: nothing is removed then', async () => {
    await linkAda();
    await client.firstDevice();
    users().hasPassword = () => Promise.reject(new Error('away'));
    expect([await removePasskey(), await unlink()]).toEqual(Array(2).fill('temporarily_unavailable'));
    users().hasPassword = async () => false;
    expect(await removePasskey()).toBe(true);
  });
});

function codeOf(error: { readonly code?: string }): string | undefined {
  return error.code;
}
