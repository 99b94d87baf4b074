import { type Ban, MemoryBanStore } from '@portcullis/auth';
import { eachRefusal, ownTokens } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

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

describeOnPlatforms('a burst of strikes on %s', (running) => {
  it('makes one ban, also while the store is slow', async () => {
    const store = new SlowBanStore();
    const bans = { ...eachRefusal, strikeLimit: 5, privateAddresses: true };
    await running.start({
      portcullis: { tokens: ownTokens, bans, stores: { bans: store } },
      controllers: [PlainRoutesController],
    });
    const answers = await Promise.all(Array.from({ length: 30 }, () => running.statusOf('/user')));
    expect(answers.filter((status) => status === 401)).toHaveLength(5);
    expect(answers.filter((status) => status === 403)).toHaveLength(25);
    store.answer();
    await running.events.first('address.banned');
    expect(await running.statusOf('/user')).toBe(403);
    await running.close();
    expect(running.events.of('address.banned')).toHaveLength(1);
  });
});
