import { type IssuerKeys, newIssuerKeys } from '../credentials/issuer-keys.js';
import { JwksServer } from '../credentials/jwks-server.js';
import { Load } from '../load/load.js';
import type { Pace } from '../pace.js';

/** What all measurements of requests share: the issuer of the tokens, and the process that sends. */
export class Bench {
  private constructor(
    readonly pace: Pace,
    readonly load: Load,
    readonly keys: IssuerKeys,
    readonly jwksUri: string,
    private readonly jwks: JwksServer,
  ) {}

  static async start(pace: Pace): Promise<Bench> {
    const keys = newIssuerKeys();
    const jwks = new JwksServer(keys.publicKeys);
    return new Bench(pace, await Load.start(keys.privateKeys), keys, await jwks.listen(), jwks);
  }

  stop(): void {
    this.load.stop();
    this.jwks.close();
  }
}
