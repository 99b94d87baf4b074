import type { INestApplication } from '@nestjs/common';
import { PortcullisModule, type Storage } from '@portcullis/auth';
import { ORIGIN } from './bound-calls.js';
import { noStrikes, ownTokens, signingKey } from './credentials.js';
import { PlainRoutesController } from './plain-routes.js';
import { type Booted, boot, platforms } from './platforms.js';

const portcullis = {
  tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey } },
  publicOrigins: [ORIGIN],
  bans: noStrikes,
};

/** An instance on each platform, of one app with one storage. */
export class TwoPlatforms {
  #instances: readonly Booted[] = [];

  private constructor(private readonly open: () => Storage) {}

  /** @param open opens the storage, for each instance and after each restart */
  static async run(open: () => Storage, test: (instances: TwoPlatforms) => Promise<void>): Promise<void> {
    const instances = new TwoPlatforms(open);
    try {
      await instances.restart();
      await test(instances);
    } finally {
      await instances.#close();
    }
  }

  get app(): INestApplication {
    return this.#at(0).app;
  }

  async restart(): Promise<void> {
    await this.#close();
    const start = (platform: (typeof platforms)[number]) =>
      boot(platform, {
        imports: [PortcullisModule.forRoot({ ...portcullis, storage: this.open() })],
        controllers: [PlainRoutesController],
      });
    this.#instances = await Promise.all(platforms.map(start));
  }

  ask(index: number, path: string, headers: Record<string, string>): Promise<Response> {
    return fetch(this.#at(index).url + path, { headers });
  }

  async statusAt(index: number, path: string, headers: Record<string, string>): Promise<number> {
    const response = await this.ask(index, path, headers);
    await response.arrayBuffer();
    return response.status;
  }

  /** That of fifty requests at the same time, to both in turn, one is let in and all others get 401. */
  async expectOneOfFifty(path: string, headers: Record<string, string>): Promise<void> {
    const uses = Array.from({ length: 50 }, (_, use) => this.statusAt(use % 2, path, headers));
    expect((await Promise.all(uses)).toSorted()).toEqual([200, ...Array(49).fill(401)]);
  }

  async #close(): Promise<void> {
    await Promise.all(this.#instances.map(({ app }) => app.close()));
    this.#instances = [];
  }

  #at(index: number): Booted {
    return this.#instances[index] as Booted;
  }
}
