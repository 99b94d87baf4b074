import { setTimeout as pause } from 'node:timers/promises';
import { CONVERGENCE, DISTURBED } from './bounds.js';
import { isAccepted, type Judge } from './judge.js';
import type { Credential, Ledger, Sighting } from './ledger.js';
import type { Operations } from './operations.js';
import type { Presenter } from './presenter.js';
import type { Random } from './random.js';
import type { SoakProcess } from './soak-process.js';

/** How long processes may take to agree about what nobody knows, and to let in whom they should. */
const PATIENCE = 10_000;
/** Of former rounds so many are looked at again. */
const FORMER = 60;
const AT_ONCE = 8;

/** When all is healed: what has ended is refused everywhere, what has not is accepted everywhere, and of the rest all say the same. */
export class Audit {
  #audited = 0;

  constructor(
    private readonly random: Random,
    private readonly processes: readonly SoakProcess[],
    private readonly ledger: Ledger,
    private readonly judge: Judge,
    private readonly presenter: Presenter,
    private readonly operations: Operations,
  ) {}

  /** Has every process started again, and waits until each accepts whom each lets in. */
  async converge(): Promise<void> {
    const deadline = performance.now() + CONVERGENCE;
    let isWell = false;
    while (!isWell && performance.now() < deadline) {
      for (const process of this.processes.filter(({ isUp }) => !isUp))
        await process.start(process.clockAhead).catch(() => process.kill());
      const each = await Promise.all(this.processes.map((process) => this.#isWell(process)));
      isWell = each.every(Boolean);
      if (!isWell) await pause(100);
    }
    if (!isWell)
      this.judge.report({ what: `not all processes are well ${CONVERGENCE / 1_000} s after all was healed` });
  }

  async round(): Promise<void> {
    // Nothing is allowed any more for what was acknowledged before.
    await pause(DISTURBED);
    const { credentials } = this.ledger;
    const former = Array.from({ length: this.#audited && FORMER }, () =>
      this.random.pick(credentials.slice(0, this.#audited)),
    );
    const waiting = [...credentials.slice(this.#audited), ...former];
    this.#audited = credentials.length;
    const work = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await this.#check(next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.ledger.settle();
  }

  async #isWell(process: SoakProcess): Promise<boolean> {
    const token = await this.operations.logIn(process, 'somebody', 'somewhere');
    if (token === undefined) return false;
    const seen = await Promise.all(this.processes.map((each) => this.presenter.present(token, each)));
    return seen.every(isAccepted);
  }

  async #check(credential: Credential): Promise<void> {
    const [end] = this.ledger.endsOf(credential);
    const mayBeEnded = this.ledger.mayBeEnded(credential);
    if (this.ledger.mayBeTakenBack(credential)) return;
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const seen = await Promise.all(this.processes.map((each) => this.presenter.present(credential, each)));
      const accepted = seen.filter(isAccepted);
      const refused = seen.filter(({ status }) => status === 401 || status === 403);
      const [sighting] = accepted;
      if (end !== undefined && sighting !== undefined) {
        const what = `accepted by ${names(accepted)} although all was healed long ago`;
        return this.judge.report({ what, credential, end, sighting });
      }
      const isRight = accepted.length === seen.length || (mayBeEnded && refused.length === seen.length);
      if (isRight) return;
      if (performance.now() > deadline) return this.#reportWrong(credential, mayBeEnded, accepted, refused);
      await pause(200);
    }
  }

  #reportWrong(
    credential: Credential,
    mayBeEnded: boolean,
    accepted: readonly Sighting[],
    refused: readonly Sighting[],
  ): void {
    const what =
      mayBeEnded && accepted.length > 0 && refused.length > 0
        ? `refused by ${names(refused)} and accepted by ${names(accepted)}, for good`
        : `not ${mayBeEnded ? 'judged' : 'accepted'} everywhere although all was healed long ago`;
    this.judge.report({ what, credential });
  }
}

function names(sightings: readonly Sighting[]): string {
  return sightings.map(({ process }) => process).join(', ');
}
