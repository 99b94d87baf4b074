import { setTimeout as pause } from 'node:timers/promises';
import { DISTURBED } from './bounds.js';
import type { Disturbances } from './disturbances.js';
import { ALONE, type Fault, FaultDeck, TELLING, THEMES, type Theme } from './fault-deck.js';
import type { Mishap } from './mishaps.js';
import type { Operations } from './operations.js';
import type { Random } from './random.js';
import type { SoakProcess } from './soak-process.js';
import type { SharedStore } from './stores.js';

/** How far clocks are ahead, in milliseconds: what is tolerated, and what is corrected by the clock that all share. */
const CLOCKS = [0, 140, 140, 140, 140, -140, -140, -140, -140, 400, -400, 60_000, -60_000];
/** The first processes are as far apart as is tolerated. */
const FIRST_CLOCKS = [140, -140];
/** As far as nobody follows. */
const ASTRAY = [172_800_000, -172_800_000];
/** Faults come so soon one after another, in milliseconds. */
const [SHORTEST_GAP, LONGEST_GAP] = [200, 1_500];
/** A process is killed at most so long after it was asked, in milliseconds: it keeps revocations, and tells of them, one after another. */
const MIDDLE = 60;
/** Where telling waits, by then all is kept that is kept before, in milliseconds. */
const KEEPING = 1_000;
/** Revocations in a row that last until everything is being read again. */
const ALL_THE_WHILE = 24;
/** How long a process that was led elsewhere has to follow there, in milliseconds. */
const CONNECTING = 2_000;
/** How long a store has to forget what it takes for old, in milliseconds. */
const FORGETTING = 300;

/** Breaks what can break, and mends it. */
export class Faults {
  readonly counts = new Map<Fault, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #afflicted = new Map<string, Promise<void>>();
  #rounds: number;
  #theme: Theme = THEMES[0];
  #victims: readonly SoakProcess[] = [];
  readonly #deck: FaultDeck;
  #end = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly random: Random,
    private readonly processes: readonly SoakProcess[],
    private readonly store: SharedStore,
    private readonly disturbances: Disturbances,
    private readonly operations: Operations,
    private readonly rightClocks: boolean,
  ) {
    this.#deck = new FaultDeck(random, store, rightClocks);
    // Of a run of one round nobody knows which it is.
    this.#rounds = Math.floor(random.between(0, THEMES.length));
  }

  /** How far the clock of a process that is started now is ahead. Without one that all share, those of one machine are the same. */
  nextClock(): number {
    return this.store.hasClock && !this.rightClocks ? this.random.pick(CLOCKS) : 0;
  }

  /** How far the clocks of the first processes are ahead. */
  get firstClocks(): readonly number[] {
    const first = this.store.hasClock && !this.rightClocks ? FIRST_CLOCKS : [];
    return this.processes.map((_, index) => first[index] ?? this.nextClock());
  }

  begin(): void {
    this.#theme = THEMES[this.#rounds++ % THEMES.length] as Theme;
    this.#victims = this.#theme === 'one process' ? [this.random.pick(this.processes)] : this.processes;
    this.#end = new AbortController();
    this.#running = this.#run();
  }

  /** Mends everything; resolves when it is, apart from processes that could not be started. */
  async end(): Promise<void> {
    this.#end.abort();
    await this.#running;
    await Promise.all(this.#underWay);
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.#wait(this.random.between(SHORTEST_GAP, LONGEST_GAP));
      if (this.#end.signal.aborted) return;
      const fault = this.#deck.draw(this.#theme);
      const breaking = this.#inject(fault);
      this.#underWay.add(breaking);
      void breaking.finally(() => this.#underWay.delete(breaking));
      const mayHoldUp = this.#theme !== 'one process' && !TELLING[this.#theme].includes(fault);
      if ((this.random.next() < 0.4 && mayHoldUp) || ALONE.has(fault)) await breaking;
    }
  }

  async #inject(fault: Fault): Promise<void> {
    const { servers, mishaps } = this.store;
    const process = this.random.pick(this.#victims);
    const other = this.random.pick(this.processes.filter((each) => each !== process));
    const server = this.random.pick(servers);
    const link = this.random.pick([...process.links.keys()]);
    const how = this.random.pick(['broken', 'silent'] as const);
    const long = this.random.between(500, 6_000);
    const short = this.random.between(0, 1_500);
    const clock = this.nextClock();
    const astray = this.random.pick(ASTRAY);
    const middle = this.random.between(0, MIDDLE);
    const lot = this.random.next();
    switch (fault) {
      case 'stop for a while':
        return this.#on(fault, process.name, 'is stopped', async () => {
          process.pause();
          await this.#wait(long);
          process.resume();
        });
      case 'kill':
        return this.#on(fault, process.name, 'is killed', () => this.#restart(process, short, clock));
      case 'kill in the middle of revocations':
        return this.#on(fault, process.name, 'is killed', async () => {
          const revoking = this.operations.revokeSome(process);
          await pause(middle);
          await this.#restart(process, short, clock);
          await revoking;
        });
      case 'kill while telling waits': {
        const telling = mishaps.find(({ name }) => name === 'lock the changes') as Mishap;
        return this.#on(fault, process.name, 'is killed before it tells anybody', async () => {
          const tokens = await this.operations.letInStrangers(other, 'token');
          const unlock = await telling.begin(lot);
          const revoking = tokens.map((token) => this.operations.revoke(process, token));
          // What is kept without being told stays.
          await pause(KEEPING);
          await process.kill();
          await unlock();
          await this.#restart(process, short, clock);
          await Promise.all(revoking);
        });
      }
      case 'cut a link':
        return this.#on(fault, process.name, `is cut off from ${link}: ${how}`, async () => {
          process.cut(link, how);
          await this.#wait(long);
          process.mend();
        });
      case 'lead to a lost replica':
        return this.#on(fault, process.name, 'is led to a replica that has lost its master', async () => {
          const lost = await this.store.loseReplica?.();
          if (lost !== undefined) process.links.get(lost.of)?.lead(lost.port);
          await pause(CONNECTING);
          // By others, of which it hears nothing.
          await Promise.all(await this.operations.revokeInARow());
          await pause(DISTURBED + 500);
          process.mend();
          await lost?.stop();
        });
      case 'restart a server':
        return this.#on(fault, server.name, 'is killed', async () => {
          await server.kill();
          await this.#wait(short);
          await server.run();
        });
      case 'start with a wrong clock':
        return this.#on(fault, process.name, 'is killed, and started two days astray', async () => {
          await process.kill();
          // If it serves at all, it is to have a while for what it does wrong.
          const isUp = await process.start(astray).then(
            () => true,
            () => false,
          );
          if (isUp) await this.operations.revokeSome(process);
          await pause(FORGETTING);
          await this.#restart(process, 0, clock);
        });
      case 'lock what ends with users': {
        const mishap = mishaps.find(({ name }) => name === fault) as Mishap;
        return this.#on(fault, 'the store', `is harmed: ${fault}`, async () => {
          const targets = await this.operations.letInStrangers(other, 'user');
          const unlock = await mishap.begin(lot);
          await Promise.all(targets.map((target) => this.operations.revoke(other, target)));
          await unlock();
          // It reads what is kept, whether or not anybody was told of it.
          await this.#renew(process, clock);
        });
      }
      case 'forget the changes': {
        const mishap = mishaps.find(({ name }) => name === fault) as Mishap;
        return this.#on(fault, 'the store', `is harmed: ${fault}`, async () => {
          const tokens = await this.operations.letInStrangers(other, 'token', ALL_THE_WHILE);
          // Before it is noticed, and while everything is read again.
          const revoking = this.operations.revokeInARow(tokens);
          await mishap.begin(lot);
          await Promise.all(await revoking);
          await this.#wait(DISTURBED + 500);
        });
      }
      case 'lock a table':
      case 'replace the file': {
        const mishap = mishaps.find(({ name }) => name === fault) as Mishap;
        return this.#on(fault, 'the store', `is harmed: ${fault}`, async () => {
          const end = await mishap.begin(lot);
          // While everything is read again, too.
          await this.operations.revokeInARow();
          await this.#wait(long);
          await end();
          if (mishap.isFatal) await Promise.all(this.processes.map((each) => this.#renew(each, clock)));
        });
      }
    }
  }

  /** One at a time for each process and server. */
  async #on(fault: Fault, who: string, what: string, work: () => Promise<void>): Promise<void> {
    if (this.#afflicted.has(who)) return this.#deck.putBack(fault, this.#theme);
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    const isProcess = this.processes.some(({ name }) => name === who);
    const over = this.disturbances.begin(`${who} ${what}`, isProcess ? who : undefined);
    const working = work().finally(() => {
      over();
      this.#afflicted.delete(who);
    });
    this.#afflicted.set(who, working);
    await working;
  }

  /** Once nothing else is done to it. */
  async #renew(process: SoakProcess, clock: number): Promise<void> {
    while (this.#afflicted.has(process.name)) await this.#afflicted.get(process.name);
    await this.#on('kill', process.name, 'is killed', () => this.#restart(process, 0, clock));
  }

  async #restart(process: SoakProcess, downFor: number, clock: number): Promise<void> {
    await process.kill();
    await this.#wait(downFor);
    // One that finds its server away is started again when all is mended.
    await process.start(clock).catch(() => process.kill());
  }

  async #wait(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.#end.signal }).catch(() => {});
  }
}
