import { Controller, Get } from '@nestjs/common';
import { type Ban, MemoryBanStore, PortcullisModule, RequireUser } from '@portcullis/auth';
import { eachRefusal, ownTokens } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { boot, platforms } from '../support/platforms.js';

@Controller()
class RoutesController {
  @RequireUser()
  @Get('user')
  user() {
    return 'in';
  }
}

/** A ban store that answers when the test says so. */
class SlowBanStore extends MemoryBanStore {
  #release!: () => void;
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve;
  });

  answer(): void {
    this.#release();
  }

  override async findLatest(network: string, shadow: boolean): Promise<Ban | undefined> {
    await this.#released;
    return super.findLatest(network, shadow);
  }
}

describe.each(platforms)('a burst of strikes on %s', (platform) => {
  it('makes one ban, also while the store is slow', async () => {
    const store = new SlowBanStore();
    const bans = { ...eachRefusal, strikeLimit: 5, privateAddresses: true };
    const imports = [PortcullisModule.forRoot({ tokens: ownTokens, bans, stores: { bans: store } })];
    const { app, url } = await boot(platform, { imports, controllers: [RoutesController] });
    const events = new EventRecorder(app);
    await Promise.all(Array.from({ length: 30 }, () => fetch(`${url}/user`)));
    await events.first('address.struck', 30);
    store.answer();
    await events.first('address.banned');
    expect((await fetch(`${url}/user`)).status).toBe(403);
    await app.close();
    expect(events.of('address.banned')).toHaveLength(1);
  });
});
