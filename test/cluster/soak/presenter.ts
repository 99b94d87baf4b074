import { setTimeout as pause } from 'node:timers/promises';
import { DISTURBED, HEALTHY, SLOW_ANSWER } from './bounds.js';
import type { Disturbances } from './disturbances.js';
import type { Judge } from './judge.js';
import type { Credential, Decision, Ledger, Sighting } from './ledger.js';
import type { Random } from './random.js';
import type { SoakProcess } from './soak-process.js';

/** Milliseconds between two presentations at one process. */
const PACE = 40;
/** So long after a decision, in milliseconds, nothing is allowed any more: at once where it was made, and elsewhere by and by. */
const DECISIVE = [0, HEALTHY + 1, DISTURBED + 1];
/** As many as a process that was stopped finds when it goes on. */
const MOST_WAITING = 250;
const MOST_SIGHTINGS = 40;
/** How often what something was decided about is presented, and what the process has not seen: the rest is whatever there is. */
const [HOT, UNSEEN] = [0.65, 0.25];
/** Among so many of the newest. */
const NEWEST = 60;

/** Presents what there is, and above all what has just been ended, to every process, again and again; and what was just ended when it matters. */
export class Presenter {
  readonly counts = new Map<number, number>();
  readonly #waiting = new Map<SoakProcess, number>();
  #presenting: NodeJS.Timeout | undefined;

  constructor(
    private readonly random: Random,
    private readonly processes: readonly SoakProcess[],
    private readonly ledger: Ledger,
    private readonly judge: Judge,
    private readonly disturbances: Disturbances,
  ) {}

  start(): void {
    let last = performance.now();
    this.#presenting = setInterval(() => {
      const now = performance.now();
      if (now - last > SLOW_ANSWER) this.disturbances.noteBusy('the checker was held up', last, now);
      last = now;
      for (const process of this.processes) this.#presentOne(process);
    }, PACE);
  }

  stop(): void {
    clearInterval(this.#presenting);
  }

  /** Presents what an acknowledged decision has ended, to every process, whenever one more of them may not accept it any more. */
  async pursue(decision: Decision): Promise<void> {
    for (const after of DECISIVE) {
      await pause(decision.answered + after - performance.now(), undefined, { ref: false });
      for (const process of this.processes)
        if (process.isUp && (after > 0 || process.name === decision.by))
          for (const credential of this.ledger.newlyEndedBy(decision)) void this.present(credential, process);
    }
  }

  async present(credential: Credential, process: SoakProcess): Promise<Sighting> {
    const { path, headers, sent } = credential;
    const question = { path, headers, ...(sent && ({ method: 'POST', ...sent } as const)) };
    const { status, asked, answered } = await process.ask(question);
    const sighting = { process: process.name, asked, answered, status };
    credential.sightings.push(sighting);
    if (credential.sightings.length > MOST_SIGHTINGS) credential.sightings.shift();
    this.counts.set(status, (this.counts.get(status) ?? 0) + 1);
    if (answered - asked > SLOW_ANSWER)
      this.disturbances.noteBusy(`${process.name} was slow to answer`, asked, answered, process.name);
    this.judge.look(credential, sighting, process);
    return sighting;
  }

  #presentOne(process: SoakProcess): void {
    const waiting = this.#waiting.get(process) ?? 0;
    const credential = this.#draw(process);
    if (!process.isUp || waiting >= MOST_WAITING || credential === undefined) return;
    this.#waiting.set(process, waiting + 1);
    void this.present(credential, process).then(() =>
      this.#waiting.set(process, (this.#waiting.get(process) ?? 1) - 1),
    );
  }

  /** Only a process that has seen something can go by what it remembers of it once it has ended. */
  #draw(process: SoakProcess): Credential | undefined {
    const { hot, credentials } = this.ledger;
    const lot = this.random.next();
    if (lot < HOT && hot.length > 0) return this.random.pick(hot);
    const isSeen = ({ sightings }: Credential) => sightings.some((each) => each.process === process.name);
    const unseen =
      lot < HOT + UNSEEN ? credentials.slice(-NEWEST).findLast((each) => !isSeen(each)) : undefined;
    return unseen ?? this.random.pick(credentials);
  }
}
