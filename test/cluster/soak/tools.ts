import type { Answer, Question } from './http-client.js';
import type { Credential, Made, Target } from './ledger.js';
import type { SoakProcess } from './soak-process.js';

/** What operations of all kinds do with what was made in a round. */
export interface Tools {
  add(answer: Pick<Answer, 'asked' | 'answered'>, process: SoakProcess, what: Made): Credential;
  one(
    kind: Credential['kind'],
    lot: number,
    isMeant?: (credential: Credential) => boolean,
  ): Credential | undefined;
  /** Whether nothing may have ended it so far. */
  isAlive(credential: Credential): boolean;
  /** Notes that something may be refused from now on, or not. */
  mayEnd(process: SoakProcess, target: Target): void;
  /** Has something refused by a request of its own. @param isDone what the answer to it is; by default a 2xx */
  end(
    process: SoakProcess,
    target: Target,
    question: Question,
    isDone?: (answer: Answer) => boolean,
  ): Promise<Answer>;
}
