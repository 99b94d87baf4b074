import type { KeyTexts } from '../credentials/issuer-keys.js';
import { Child } from '../servers/child.js';
import type { LoadPlan, LoadResult } from './load-plan.js';

/** The process that all requests come from. */
export class Load {
  readonly #child = new Child('load/load-process.js');

  static async start(privateKeys: KeyTexts): Promise<Load> {
    const load = new Load();
    await load.#child.ask(privateKeys);
    return load;
  }

  /** @throws Error when a request failed or was answered wrongly */
  async send(plan: LoadPlan): Promise<void> {
    const { problem } = await this.#child.ask<LoadResult>(plan);
    if (problem !== undefined) throw new Error(problem);
  }

  stop(): void {
    this.#child.stop();
  }
}
