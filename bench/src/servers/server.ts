import type { ServerPlan } from '../subjects/subject.js';
import { Child } from './child.js';
import type { CpuSoFar, ServerStarted } from './measured-server.js';

/** A server in a process of its own, so that its CPU time is nobody else's. */
export class Server {
  private constructor(
    private readonly child: Child,
    readonly plan: ServerPlan,
    readonly url: string,
    readonly apiKeys: readonly string[],
  ) {}

  /** @param nodeOptions the options of Node itself */
  static async start(plan: ServerPlan, nodeOptions: readonly string[] = []): Promise<Server> {
    const child = new Child('servers/measured-server.js', nodeOptions);
    const { url, apiKeys } = await child.ask<ServerStarted>(plan);
    return new Server(child, plan, url, apiKeys);
  }

  /** The CPU time that the server takes while something is done, in microseconds. */
  async cpuWhile(act: () => Promise<unknown>): Promise<number> {
    const before = await this.#cpuMicros();
    await act();
    return (await this.#cpuMicros()) - before;
  }

  stop(): void {
    this.child.stop();
  }

  async #cpuMicros(): Promise<number> {
    return (await this.child.ask<CpuSoFar>({})).cpuMicros;
  }
}
