import type { Disturbances } from './disturbances.js';
import type { Credential, Decision, Ledger, Sighting } from './ledger.js';
import type { SoakProcess } from './soak-process.js';

export interface Violation {
  readonly what: string;
  readonly at: number;
  readonly credential?: Credential;
  /** What it was accepted in spite of. */
  readonly end?: Decision;
  readonly sighting?: Sighting;
}

export function isAccepted({ status }: Pick<Sighting, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** The one rule: what was acknowledged as ended is accepted nowhere afterwards. */
export class Judge {
  readonly violations: Violation[] = [];
  /** How many acceptances of what had ended were within the allowance, and the latest of them, in milliseconds. */
  readonly late = { count: 0, longest: 0 };

  constructor(
    private readonly ledger: Ledger,
    private readonly disturbances: Disturbances,
  ) {}

  look(credential: Credential, sighting: Sighting, process: SoakProcess): void {
    if (!isAccepted(sighting)) return;
    for (const end of this.ledger.endsOf(credential)) {
      const after = sighting.asked - end.answered;
      const allowance = this.#allowance(credential, sighting, end, process);
      if (after > allowance) {
        const what = `accepted by ${process.name} ${Math.round(after)} ms after its end; allowed are ${allowance}`;
        this.report({ what, credential, end, sighting });
      } else if (after > 0) {
        this.late.count++;
        this.late.longest = Math.max(this.late.longest, after);
      }
    }
  }

  report(violation: Omit<Violation, 'at'>): void {
    const isKnown = ({ credential }: Violation) =>
      credential !== undefined && credential === violation.credential;
    if (!this.violations.some(isKnown)) this.violations.push({ ...violation, at: performance.now() });
  }

  /** How long after the acknowledgement the process may still accept it. */
  #allowance({ kind }: Credential, { asked }: Sighting, end: Decision, process: SoakProcess): number {
    // Whoever has acknowledged it knows it, and whoever was started since has read it.
    if (process.name === end.by || process.startedAt > end.answered) return 0;
    // Bans are never refused for staleness, so that of an instance that is cut off nothing is promised.
    if (kind === 'address' && !this.disturbances.isHealthy(process.name, end.answered, asked))
      return Number.POSITIVE_INFINITY;
    return this.disturbances.allowance(process.name, end.answered, asked);
  }
}
