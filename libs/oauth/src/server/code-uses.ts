import type { OAuthArtifacts } from '@portcullis/auth/internal';
import { RecentlyUsed } from '@portcullis/auth/internal';
import type { KoaContextWithOIDC } from 'oidc-provider';

/** Under this name the store knows when whoever has used a code was answered. */
const ANSWERED = 'AnsweredCode';
/** How long an answer may take, in milliseconds: an instance that has died has not noted its own. */
const LONGEST_ANSWER_MS = 10_000;
const REMEMBERED = 10_000;

/** When a request came: for all instances, by their clock, and for this one alone. */
interface Arrival {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds of this process. */
  readonly here: number;
}

/**
 * Tells those who ask for one code at the same time, which is no theft, from whoever comes with one that was used. Pages that run twice do
 * the first; who does the second has got the code from somewhere else. What lies between is the answer: who has asked before it was given
 * can not have waited for it.
 */
export class CodeUses {
  /** By code, when this instance has answered who used it, in milliseconds of this process; infinite until then. */
  readonly #answered = new RecentlyUsed<number>(REMEMBERED);

  constructor(
    private readonly artifacts: OAuthArtifacts,
    private readonly now: () => number,
  ) {}

  /** To be called when a request begins, before anything of it is read. */
  arrive({ state }: Pick<KoaContextWithOIDC, 'state'>): void {
    state.arrival = { at: this.now(), here: performance.now() } satisfies Arrival;
  }

  /** To be called by the one that has used a code. @param until what is over when the code is forgotten, in milliseconds since the epoch */
  begin(code: string, { state, res }: KoaContextWithOIDC, until: number): void {
    state.usedCode = { code, until };
    this.#answered.set(code, Number.POSITIVE_INFINITY);
    // Under some adapters of functions a response is never closed.
    for (const event of ['finish', 'close'])
      res.once(event, () => {
        if (this.#answered.get(code) === Number.POSITIVE_INFINITY)
          this.#answered.set(code, performance.now());
      });
  }

  /** To be called before an answer is given: from then on no instance takes anybody who begins to ask for a racer. */
  async finish({ state }: Pick<KoaContextWithOIDC, 'state'>): Promise<void> {
    if (state.usedCode === undefined) return;
    const { code, until } = state.usedCode as { code: string; until: number };
    await this.artifacts.save(ANSWERED, code, { at: this.now() }, {}, until);
  }

  /** Whether a code that is found used was asked for before it was known who gets its tokens. */
  async isRace(code: string, usedAt: number, context: KoaContextWithOIDC | undefined): Promise<boolean> {
    const { arrival } = (context?.state ?? {}) as { readonly arrival?: Arrival };
    if (arrival === undefined) return false;
    const here = this.#answered.get(code);
    if (here !== undefined) return arrival.here < here;
    const answered = await this.artifacts.find(ANSWERED, code);
    if (answered !== undefined) return arrival.at < (answered.payload as { readonly at: number }).at;
    return this.now() - usedAt < LONGEST_ANSWER_MS;
  }
}
