import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process that answers questions, one after another. It ends with this one. */
export class Child {
  readonly #child: ChildProcess;
  #lastAnswer: Promise<unknown> = Promise.resolve();

  /** @param module the path of what it runs, from the folder of the built files */
  constructor(module: string, nodeOptions: readonly string[] = []) {
    const path = fileURLToPath(new URL(`../${module}`, import.meta.url));
    this.#child = fork(path, { execArgv: [...nodeOptions] });
  }

  /** @throws Error when the process ends instead of answering */
  ask<Answer>(question: object): Promise<Answer> {
    const answer = this.#lastAnswer.then(() => this.#ask(question));
    this.#lastAnswer = answer.catch(() => undefined);
    return answer as Promise<Answer>;
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #ask(question: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`A measured process ended with ${code}`));
      if (!this.#child.connected) return onExit(this.#child.exitCode);
      this.#child.once('exit', onExit);
      this.#child.once('message', (answer) => {
        this.#child.off('exit', onExit);
        resolve(answer);
      });
      this.#child.send(question);
    });
  }
}
