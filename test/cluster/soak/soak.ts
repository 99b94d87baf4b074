import { setTimeout as pause } from 'node:timers/promises';
import { Audit } from './audit.js';
import { Disturbances } from './disturbances.js';
import { Faults } from './faults.js';
import { Judge } from './judge.js';
import { Ledger } from './ledger.js';
import { Operations } from './operations.js';
import { Presenter } from './presenter.js';
import { Random } from './random.js';
import { describe } from './report.js';
import { SoakProcess } from './soak-process.js';
import { type SharedStore, STORES, type StoreName } from './stores.js';

export interface SoakOptions {
  readonly on: StoreName;
  readonly seed: number;
  /** No further round is begun after that. */
  readonly seconds: number;
  /** How long things go on and break, before all is healed and looked at. */
  readonly roundSeconds?: number;
  /** Go on after a violation, to see which others there are. */
  readonly goOn?: boolean;
  /** Let no clock be wrong. */
  readonly rightClocks?: boolean;
  readonly say?: (line: string) => void;
}

export interface Outcome {
  /** Readable, one each. */
  readonly violations: readonly string[];
  readonly summary: string;
}

const PROCESSES = ['A', 'B', 'C'];
const PLATFORMS = ['express', 'fastify'] as const;
/** At the beginning of a round nothing breaks. Milliseconds. */
const QUIET = 1_000;
/** Milliseconds between two operations. */
const PACE = 70;
const MOST_UNDER_WAY = 60;

/** Runs processes of the app on one store, does by lot what users, operators and misfortune do, and looks whether the rule holds. */
export async function soak(options: SoakOptions): Promise<Outcome> {
  const { on, seed, seconds, roundSeconds = 9, goOn = false, say = () => {} } = options;
  const startedAt = performance.now();
  const store = await STORES[on]();
  const processes: SoakProcess[] = [];
  try {
    for (const [index, name] of PROCESSES.entries()) processes.push(await aProcess(store, name, index));
    const run = new Run(new Random(seed), store, processes, options);
    await run.start();
    let rounds = 0;
    let told = 0;
    while ((rounds === 0 || performance.now() - startedAt < seconds * 1_000) && (goOn || told === 0)) {
      await run.round(roundSeconds * 1_000);
      rounds++;
      for (const text of run.describeFrom(told, startedAt)) say(text);
      told = run.judge.violations.length;
    }
    const { violations } = run.judge;
    const summary = `${on}, seed ${seed}: ${rounds} rounds, ${run.summary}; ${violations.length} violations`;
    say(summary);
    return { violations: run.describeFrom(0, startedAt), summary };
  } finally {
    await Promise.all(processes.map((process) => process.stop()));
    await store.stop();
  }
}

async function aProcess(store: SharedStore, name: string, index: number): Promise<SoakProcess> {
  const { environment, links } = await store.place();
  const ADAPTER = PLATFORMS[index % PLATFORMS.length] as string;
  return new SoakProcess(name, { ...environment, ADAPTER }, links);
}

/** All that takes part, wired together. */
class Run {
  readonly #ledger: Ledger;
  readonly #disturbances = new Disturbances();
  readonly judge: Judge;
  readonly #presenter: Presenter;
  readonly #operations: Operations;
  readonly #faults: Faults;
  readonly #audit: Audit;

  constructor(
    random: Random,
    store: SharedStore,
    private readonly processes: readonly SoakProcess[],
    private readonly options: SoakOptions,
  ) {
    const ledger = new Ledger(options.on === 'postgres-redis');
    this.#ledger = ledger;
    this.judge = new Judge(ledger, this.#disturbances);
    this.#presenter = new Presenter(random.fork(), processes, ledger, this.judge, this.#disturbances);
    this.#operations = new Operations(random.fork(), processes, ledger, this.judge, this.#presenter);
    this.#faults = new Faults(
      random.fork(),
      processes,
      store,
      this.#disturbances,
      this.#operations,
      options.rightClocks ?? false,
    );
    this.#audit = new Audit(random.fork(), processes, ledger, this.judge, this.#presenter, this.#operations);
  }

  async start(): Promise<void> {
    const clocks = this.#faults.firstClocks;
    await Promise.all(this.processes.map((process, index) => process.start(clocks[index] ?? 0)));
    await this.#audit.converge();
  }

  async round(milliseconds: number): Promise<void> {
    this.#operations.nextRound();
    this.#presenter.start();
    const underWay = await this.#operate(milliseconds);
    await this.#faults.end();
    await this.#audit.converge();
    await Promise.all(underWay);
    this.#presenter.stop();
    if (!this.#isOver) await this.#audit.round();
  }

  get #isOver(): boolean {
    return this.judge.violations.length > 0 && !this.options.goOn;
  }

  describeFrom(first: number, startedAt: number): string[] {
    return this.judge.violations
      .slice(first)
      .map((each) => describe(each, startedAt, this.#ledger, this.#disturbances, this.processes));
  }

  get summary(): string {
    const { late } = this.judge;
    return [
      `did ${listOf(this.#operations.counts)}`,
      `broke ${listOf(this.#faults.counts)}`,
      `saw ${listOf(this.#presenter.counts)}`,
      `${late.count} acceptances within what is allowed, the last ${Math.round(late.longest)} ms after an end`,
    ].join('; ');
  }

  /** @returns what is still under way */
  async #operate(milliseconds: number): Promise<ReadonlySet<Promise<unknown>>> {
    const underWay = new Set<Promise<unknown>>();
    const begin = performance.now();
    let isBreaking = false;
    while (performance.now() - begin < milliseconds && !this.#isOver) {
      if (!isBreaking && performance.now() - begin > QUIET) {
        this.#faults.begin();
        isBreaking = true;
      }
      const operation = underWay.size < MOST_UNDER_WAY ? this.#operations.next() : Promise.resolve();
      underWay.add(operation);
      void operation.finally(() => underWay.delete(operation));
      await pause(PACE);
    }
    return underWay;
  }
}

function listOf(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([name, count]) => `${count} × ${name || 'no answer'}`).join(', ') || 'nothing';
}
