import { DISTURBED, HEALTHY, RECOVERY } from './bounds.js';

/** A time in which less is promised, of one process or of all. */
interface Disturbance {
  readonly what: string;
  /** Undefined: of all. */
  readonly process: string | undefined;
  readonly from: number;
  to: number;
  /** How long it may be felt after its end. */
  readonly recovery: number;
}

/** Faults in force, and times at which the machine was too busy. */
export class Disturbances {
  readonly #all: Disturbance[] = [];

  /** @returns what ends it */
  begin(what: string, process?: string): () => void {
    const from = performance.now();
    const disturbance = { what, process, from, to: Number.POSITIVE_INFINITY, recovery: RECOVERY };
    this.#all.push(disturbance);
    return () => {
      disturbance.to = performance.now();
    };
  }

  /** The machine was too busy for what is promised to be seen. */
  noteBusy(what: string, from: number, to: number, process?: string): void {
    const same = this.#all.findLast((each) => each.what === what);
    if (same !== undefined && from <= same.to) same.to = Math.max(same.to, to);
    else this.#all.push({ what, process, from, to, recovery: 0 });
  }

  /** Whether all was well with a process for the whole time. */
  isHealthy(process: string, from: number, to: number): boolean {
    return !this.within(from, to).some((each) => each.process === undefined || each.process === process);
  }

  /** How long after an acknowledgement a process may still not know of it. */
  allowance(process: string, acknowledged: number, asked: number): number {
    return this.isHealthy(process, acknowledged, asked) ? HEALTHY : DISTURBED;
  }

  within(from: number, to: number): readonly Disturbance[] {
    return this.#all.filter((each) => each.from <= to && each.to + each.recovery >= from);
  }
}
