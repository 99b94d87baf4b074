import { signingJwkOf } from '../credentials/issuer-keys.js';
import type { LoadPlan } from '../load/load-plan.js';
import { Server } from '../servers/server.js';
import type { Adapter, ServerPlan, SubjectKind } from '../subjects/subject.js';
import { SUBJECT_NAMES } from '../subjects/subjects.js';
import type { Bench } from './bench.js';
import { type Contender, expectedOf, type Scenario } from './scenario.js';

const API_KEYS = 1_000;
const REMEMBERED_API_KEYS = 10_000;
/** In the first window. */
const FIRST_REQUESTS = 200;
/** Requests ahead of a window, which bring back into the processor's caches what others have pushed out. */
const LEAD_IN = 100;
/** Requests that see whether a guard guards at all. */
const PROBES = 10;

/** What others are compared with; they are not there to guard anything. */
const PROVE_NOTHING: readonly SubjectKind[] = ['bare', 'node-http', 'plain-guard'];

/** One subject in one scenario, up and running. */
export class Contestant {
  readonly name: string;
  /** The server's CPU time for one request, by rounds, in microseconds. */
  readonly rounds: number[] = [];

  #microsPerRequest = 0;

  private constructor(
    private readonly bench: Bench,
    private readonly scenario: Scenario,
    readonly contender: Contender,
    private readonly server: Server,
  ) {
    this.name = nameOf(contender, scenario);
  }

  static async start(
    bench: Bench,
    scenario: Scenario,
    contender: Contender,
    { adapter, routes = 1 }: { readonly adapter: Adapter; readonly routes?: number },
  ): Promise<Contestant> {
    const plan: ServerPlan = {
      kind: contender.kind,
      adapter,
      demand: contender.demand ?? scenario.demand,
      algorithm: contender.algorithm ?? 'ES256',
      publicKeys: bench.keys.publicKeys,
      jwksUri: bench.jwksUri,
      signingKey: signingJwkOf(bench.keys.privateKeys, contender.algorithm ?? 'ES256'),
      loaded: contender.loaded ?? 0,
      clientIsBanned: scenario.clientIsBanned ?? false,
      apiKeys: apiKeysIn(scenario),
      rememberedApiKeys: scenario.forgetsApiKeys ? 1 : REMEMBERED_API_KEYS,
      routes,
    };
    const server = await Server.start(plan, bench.nodeOptionsFor(scenario.name, plan));
    const contestant = new Contestant(bench, scenario, contender, server);
    await contestant.#seeThatItGuards();
    return contestant;
  }

  /** @param round not the same twice, but the same for all contestants */
  async run(round: number): Promise<void> {
    const plan = this.#loadPlan(round);
    // Fresh tokens are fresh in the window, too.
    await this.#send({ ...plan, round: round - 0.5, requests: Math.min(plan.requests, LEAD_IN) });
    const micros = await this.server.cpuWhile(() => this.#send(plan));
    this.#microsPerRequest = micros / plan.requests;
    if (round >= 0) this.rounds.push(this.#microsPerRequest);
  }

  stop(): void {
    this.server.stop();
  }

  /** A guard that lets everybody in would be the fastest of all. */
  async #seeThatItGuards(): Promise<void> {
    const { tokens, apiKeys, refusalOf } = this.scenario;
    if (provesNothing(this.contender) || refusalOf !== undefined) return;
    const probe = { ...this.#loadPlan(0), requests: PROBES, expected: { status: 401, body: '' } };
    if (tokens !== 'none') await this.#send({ ...probe, tokens: 'forged' });
    if (tokens !== 'none' || apiKeys !== 'none') {
      await this.#send({ ...probe, tokens: 'none', apiKeys: 'none' });
    }
  }

  #loadPlan(round: number): LoadPlan {
    const { connections } = this.bench.pace;
    const { kind, algorithm = 'ES256' } = this.contender;
    const { tokens, apiKeys, isForwarded = false } = this.scenario;
    return {
      url: this.server.url,
      requests: this.#requests(),
      connections,
      algorithm,
      tokens,
      round,
      apiKeys,
      isForwarded,
      knownApiKeys: this.server.apiKeys,
      expected: expectedOf(this.scenario, kind),
    };
  }

  /** As many as fit into a window, going by the one before. In the first one nothing is known of how long they take. */
  #requests(): number {
    if (this.#microsPerRequest === 0) return FIRST_REQUESTS;
    const { windowMicros, connections } = this.bench.pace;
    return Math.ceil(windowMicros / this.#microsPerRequest / connections) * connections;
  }

  async #send(plan: LoadPlan): Promise<void> {
    try {
      await this.bench.load.send(plan);
    } catch (error) {
      const { adapter } = this.server.plan;
      throw new Error(`${this.name} on ${adapter}, ${this.scenario.name}: ${(error as Error).message}`);
    }
  }
}

function apiKeysIn({ apiKeys }: Scenario): number {
  if (apiKeys === 'none') return 0;
  return apiKeys === 'one' ? 1 : API_KEYS;
}

/** What a contender is called in the tables: with the algorithm where it verifies tokens. */
function nameOf(contender: Contender, { tokens }: Scenario): string {
  const { kind, algorithm = 'ES256', demand } = contender;
  if (demand === 'open') return `${SUBJECT_NAMES[kind]}, on an open route`;
  const verifies = tokens !== 'none' && !provesNothing(contender);
  return verifies ? `${SUBJECT_NAMES[kind]}, ${algorithm}` : SUBJECT_NAMES[kind];
}

function provesNothing({ kind, demand }: Contender): boolean {
  return PROVE_NOTHING.includes(kind) || demand === 'open';
}
