import type { Answer } from './http-client.js';
import type { Credential, Target } from './ledger.js';
import type { SoakProcess } from './soak-process.js';
import type { Tools } from './tools.js';

/** Somebody with one factor, and the recovery codes that they have. */
interface Owner {
  readonly subject: string;
  readonly factorId: string;
  readonly accessToken: string;
  readonly madeBy: SoakProcess;
  readonly made: Pick<Answer, 'asked' | 'answered'>;
  codes: readonly string[];
}

/** What users do with the factors by which they prove themselves once more. */
export class FactorOperations {
  /** By the name of the factor's credential; without those of whom nobody knows which codes they have. */
  readonly #owners = new Map<string, Owner>();
  #made = 0;

  constructor(private readonly tools: Tools) {}

  /** Each for a user of their own. */
  async make(process: SoakProcess): Promise<void> {
    const subject = `owner-${++this.#made}`;
    const answer = await process.ask({ method: 'POST', path: '/factors', body: { subject } });
    const { id: factorId, word, accessToken } = answer.body as Record<string, string>;
    if (factorId === undefined || word === undefined || accessToken === undefined) return;
    const { name } = this.tools.add(answer, process, {
      kind: 'factor',
      ...stepUp(accessToken, factorId, word),
      endedBy: [`factor:${factorId}`, 'signing-keys:'],
      facts: { subject, factorId },
    });
    const codes = answer.body.recoveryCodes as readonly string[];
    this.#owners.set(name, { subject, factorId, accessToken, madeBy: process, made: answer, codes });
  }

  /** With the last factor the recovery codes go. */
  async remove(process: SoakProcess, lot: number): Promise<void> {
    const owner = await this.#take(process, lot);
    if (owner === undefined) return;
    const path = `/factors/${owner.factorId}`;
    const question = { method: 'DELETE', path } as const;
    const { status } = await this.tools.end(process, `factor:${owner.factorId}`, question);
    if (status === 200) this.#addCodes(owner);
  }

  async renewCodes(process: SoakProcess, lot: number): Promise<void> {
    const owner = await this.#take(process, lot);
    if (owner === undefined) return;
    const target = `codes:${owner.subject}.${++this.#made}` as const;
    const path = `/recovery-codes/${owner.subject}`;
    const answer = await this.tools.end(process, target, { method: 'POST', path });
    if (answer.status !== 201) return;
    this.#addCodes(owner, target);
    const codes = answer.body.codes as readonly string[];
    this.#owners.set(owner.name, { ...owner, madeBy: process, made: answer, codes });
  }

  /** Once at a time, so that it is known which codes there are. */
  async #take(process: SoakProcess, lot: number): Promise<(Owner & { readonly name: string }) | undefined> {
    const isMeant = ({ name }: Credential) => this.#owners.has(name);
    if (this.tools.one('factor', lot, isMeant) === undefined) await this.make(process);
    const factor = this.tools.one('factor', lot, isMeant);
    const owner = factor && this.#owners.get(factor.name);
    if (factor === undefined || owner === undefined) return undefined;
    this.#owners.delete(factor.name);
    return { ...owner, name: factor.name };
  }

  /** Each works once: so they are not presented before they have ended. */
  #addCodes(
    { codes, accessToken, factorId, madeBy, made, subject }: Owner,
    ...ends: readonly Target[]
  ): void {
    for (const code of codes)
      this.tools.add(made, madeBy, {
        kind: 'recovery code',
        ...stepUp(accessToken, 'recovery-codes', code),
        endedBy: [...ends, `factor:${factorId}`, 'signing-keys:'],
        facts: { subject, code },
      });
  }
}

function stepUp(accessToken: string, factor: string, code: string) {
  return {
    path: '/auth/step-up',
    headers: { authorization: `Bearer ${accessToken}` },
    sent: { body: { factor, code } },
  };
}
