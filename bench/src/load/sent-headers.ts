import type { Algorithm } from '../credentials/algorithms.js';
import { type TokenMint, withBadSignature } from '../credentials/tokens.js';
import type { LoadPlan } from './load-plan.js';

export type Headers = Record<string, string>;

const SEVERAL = 1_000;

/** What a proxy adds. */
const FORWARDED = { 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Proto': 'https' };

/** The headers of the requests of a window. What they hold is signed before the window begins, and once for all subjects. */
export class SentHeaders {
  readonly #tokens = new Map<string, readonly string[]>();

  constructor(private readonly mint: TokenMint) {}

  /** So many headers as are sent in turn; for fresh tokens as many as there are requests. */
  async of(plan: LoadPlan): Promise<Headers[]> {
    const tokens = await this.#tokensFor(plan);
    const apiKeys = apiKeysFor(plan);
    const count = Math.max(tokens.length, apiKeys.length, 1);
    return Array.from({ length: count }, (_, index) => ({
      ...(tokens.length > 0 && { Authorization: `Bearer ${tokens[index % tokens.length]}` }),
      ...(plan.isForwarded && FORWARDED),
      ...(apiKeys.length > 0 && { 'X-API-Key': apiKeys[index % apiKeys.length] as string }),
    }));
  }

  async #tokensFor({ tokens, algorithm, round, requests }: LoadPlan): Promise<readonly string[]> {
    if (tokens === 'none') return [];
    if (tokens === 'fresh') return this.#signed(algorithm, `round ${round}`, requests);
    const thousand = await this.#signed(algorithm, 'thousand', SEVERAL);
    if (tokens === 'one') return thousand.slice(0, 1);
    return tokens === 'forged' ? thousand.map(withBadSignature) : thousand;
  }

  async #signed(algorithm: Algorithm, name: string, count: number): Promise<readonly string[]> {
    const key = `${algorithm} ${name}`;
    const known = this.#tokens.get(key);
    if (known !== undefined && known.length >= count) return known.slice(0, count);
    const tokens = await this.mint.signMany(algorithm, count);
    this.#tokens.set(key, tokens);
    return tokens;
  }
}

function apiKeysFor({ apiKeys, knownApiKeys }: LoadPlan): readonly string[] {
  if (apiKeys === 'none') return [];
  return apiKeys === 'one' ? knownApiKeys.slice(0, 1) : knownApiKeys;
}
