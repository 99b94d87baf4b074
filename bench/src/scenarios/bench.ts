import { type IssuerKeys, newIssuerKeys } from '../credentials/issuer-keys.js';
import { JwksServer } from '../credentials/jwks-server.js';
import { Load } from '../load/load.js';
import type { Pace } from '../pace.js';
import type { ServerPlan } from '../subjects/subject.js';

/** What all measurements of requests share: the issuer of the tokens, and the process that sends. */
export class Bench {
  private constructor(
    readonly pace: Pace,
    readonly load: Load,
    readonly keys: IssuerKeys,
    readonly jwksUri: string,
    private readonly jwks: JwksServer,
    private readonly profiles: string | undefined,
  ) {}

  /** @param profiles the folder for a CPU profile of each server */
  static async start(pace: Pace, profiles?: string): Promise<Bench> {
    const keys = newIssuerKeys();
    const jwks = new JwksServer(keys.publicKeys);
    return new Bench(pace, await Load.start(keys.privateKeys), keys, await jwks.listen(), jwks, profiles);
  }

  /** The options of Node for the server of a subject. */
  nodeOptionsFor(scenario: string, { adapter, kind, algorithm, loaded, routes }: ServerPlan): string[] {
    if (this.profiles === undefined) return [];
    const name = [scenario, adapter, kind, algorithm, loaded, routes].join('-');
    return ['--cpu-prof', `--cpu-prof-dir=${this.profiles}`, `--cpu-prof-name=${name}.cpuprofile`];
  }

  stop(): void {
    this.load.stop();
    this.jwks.close();
  }
}
