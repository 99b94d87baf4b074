import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { faketimeLibrary } from '../../services/programs.js';
import { program } from '../../support/program.js';
import type { Cut, SeverableRelay } from '../../support/severable-relay.js';
import { STALENESS_SECONDS } from './bounds.js';
import { type Answer, ask, type Question } from './http-client.js';

const MOST_LINES = 30;
/** So far a clock may be off before it is corrected, in milliseconds. */
const TOLERATED = 150;

/** What is needed to start the app, apart from its clock. */
export type Environment = Readonly<Record<string, string>>;

/** One instance of the app: a process that is killed and started again, with a clock of its own, and links that can be cut. */
export class SoakProcess {
  #child: ChildProcess | undefined;
  #url: string | undefined;
  #agent = new Agent({ keepAlive: true });
  #lines: string[] = [];
  #isPaused = false;
  /** How far its clock is ahead, in milliseconds. */
  clockAhead = 0;
  /** When it was started last. */
  startedAt = 0;

  constructor(
    readonly name: string,
    private readonly environment: Environment,
    /** Between it and each server, by the server's name. */
    readonly links: ReadonlyMap<string, SeverableRelay>,
  ) {}

  get isUp(): boolean {
    return this.#url !== undefined;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What it has logged last. */
  get lastWords(): readonly string[] {
    return this.#lines;
  }

  /** How far its clock is ahead by which it goes: what is more than tolerated is corrected. */
  get clockLead(): number {
    return Math.abs(this.clockAhead) > TOLERATED ? 0 : this.clockAhead;
  }

  get clock(): string {
    const { clockAhead } = this;
    return clockAhead === 0 ? 'right' : `${clockAhead > 0 ? '+' : ''}${clockAhead} ms`;
  }

  /** @throws Error with its last words when it does not start */
  async start(clockAhead: number): Promise<void> {
    this.clockAhead = clockAhead;
    this.startedAt = performance.now();
    const child = spawn(process.execPath, [program('soak-app')], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        STALENESS: `${STALENESS_SECONDS}`,
        ...this.environment,
        ...clockOf(clockAhead),
      },
    });
    this.#child = child;
    this.#lines = [];
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', this.#keep);
    child.stdin.on('error', () => {});
    const ended = once(child, 'close').then(() => {
      throw new Error(`${this.name} has ended: ${this.#lines.join('\n')}`);
    });
    ended.catch(() => {});
    while (this.#listening === undefined) await Promise.race([once(child.stdout, 'data'), ended]);
    if (this.#child === child) this.#url = this.#listening;
  }

  get #listening(): string | undefined {
    return /listening at (\S+)/.exec(this.#lines.join('\n'))?.[1];
  }

  /** Asks it; where it is down, nobody answers. */
  ask(question: Question): Promise<Answer> {
    if (this.#url !== undefined) return ask(this.#url, this.#agent, question);
    const asked = performance.now();
    return Promise.resolve({ status: 0, body: {}, asked, answered: asked });
  }

  /** Stops it where it stands: its connections stay, and its time goes on without it. */
  pause(): void {
    this.#isPaused = this.#child?.kill('SIGSTOP') ?? false;
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
    this.#isPaused = false;
  }

  cut(server: string, how: Cut): void {
    this.links.get(server)?.cut(how);
  }

  mend(): void {
    for (const link of this.links.values()) link.mend();
  }

  /** At once, as the system does when memory runs out. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#url = undefined;
    this.#isPaused = false;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true });
  }

  async stop(): Promise<void> {
    await this.kill();
    for (const link of this.links.values()) await link.stop();
  }

  readonly #keep = (text: string) => {
    this.#lines.push(...text.trimEnd().split('\n'));
    this.#lines.splice(0, this.#lines.length - MOST_LINES);
  };
}

/** By libfaketime all that the process does goes by it; without it what Portcullis asks for the time. */
function clockOf(ahead: number): Environment {
  if (ahead === 0) return {};
  const library = faketimeLibrary();
  if (library === undefined) return { CLOCK_AHEAD_MS: `${ahead}` };
  const seconds = `${ahead < 0 ? '' : '+'}${ahead / 1_000}`;
  return {
    LD_PRELOAD: library,
    FAKETIME: seconds,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
}
