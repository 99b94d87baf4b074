/** One request of a case. */
export interface SentRequest {
  readonly method: string;
  /** As it goes over the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The status that was logged, where one was. */
  readonly status: number | undefined;
  /** Milliseconds since the case began. */
  readonly at: number;
}

/** What one client sends, and what is expected of it. */
export interface TrafficCase {
  /** The row of the table that it counts for. */
  readonly group: string;
  /** Decides whether it may be looked at. */
  readonly name: string;
  readonly isAttack: boolean;
  /** How many such cases come from one address, of the same group; one by default. */
  readonly joins?: number;
  readonly requests: readonly SentRequest[];
}

/** Reads a corpus from its folder. */
export type CorpusReader = (folder: string) => readonly TrafficCase[];
