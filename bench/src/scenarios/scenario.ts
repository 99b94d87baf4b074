import type { Algorithm } from '../credentials/algorithms.js';
import type { ApiKeysSent, ExpectedAnswer, TokensSent } from '../load/load-plan.js';
import { BODY, type Demand, type SubjectKind } from '../subjects/subject.js';

/** Who takes part in a scenario, and how it is set up. */
export interface Contender {
  readonly kind: SubjectKind;
  /** ES256 by default. */
  readonly algorithm?: Algorithm;
  /** What its route demands, where it is there to show what is left without that. By default what the scenario says. */
  readonly demand?: Demand;
  /** How many bans and how many revocations of others are in force. None by default. */
  readonly loaded?: number;
}

/** One kind of request, and who answers it. */
export interface Scenario {
  readonly name: string;
  /** For the reader of the table. */
  readonly title: string;
  readonly demand: Demand;
  readonly tokens: TokensSent;
  readonly apiKeys: ApiKeysSent;
  /** Whether proven API keys are forgotten at once, so that each one is looked up anew. */
  readonly forgetsApiKeys?: true;
  readonly clientIsBanned?: true;
  /** Whether the requests come by a proxy, with the headers of one. */
  readonly isForwarded?: true;
  /** What everybody answers who guards. By default what the route does. */
  readonly refusalOf?: (kind: SubjectKind) => ExpectedAnswer;
  readonly contenders: readonly Contender[];
  /** Who takes part when time is short. None: the scenario is left out then, unless it is asked for. */
  readonly quick: readonly Contender[];
}

const GUARD_NOTHING: readonly SubjectKind[] = ['bare', 'node-http'];

/** What a contender has to answer. */
export function expectedOf({ refusalOf }: Scenario, kind: SubjectKind): ExpectedAnswer {
  if (GUARD_NOTHING.includes(kind) || refusalOf === undefined) return { status: 200, body: BODY };
  return refusalOf(kind);
}
