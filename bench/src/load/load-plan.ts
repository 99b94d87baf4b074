import type { Algorithm } from '../credentials/algorithms.js';

/** Which tokens are sent. */
export type TokensSent =
  | 'none'
  /** The same one again and again. */
  | 'one'
  /** A thousand in turn. */
  | 'thousand'
  /** Each one once. Subjects of one round are sent the same ones. */
  | 'fresh'
  /** A thousand in turn, with wrong signatures. */
  | 'forged';

/** Which API keys are sent. */
export type ApiKeysSent = 'none' | 'one' | 'all';

/** What the answer has to be. */
export interface ExpectedAnswer {
  readonly status: number;
  /** What the body has to contain. */
  readonly body: string;
}

/** One window of load on one server. */
export interface LoadPlan {
  readonly url: string;
  readonly requests: number;
  readonly connections: number;
  readonly algorithm: Algorithm;
  readonly tokens: TokensSent;
  /** Names the tokens that are sent in this round. */
  readonly round: number;
  readonly apiKeys: ApiKeysSent;
  /** Whether the headers of a proxy are sent. */
  readonly isForwarded: boolean;
  /** The API keys that the server knows. */
  readonly knownApiKeys: readonly string[];
  readonly expected: ExpectedAnswer;
}

/** What came of a window. */
export interface LoadResult {
  readonly problem?: string;
}
