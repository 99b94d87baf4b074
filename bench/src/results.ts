import type { Figure } from './figures.js';
import type { Adapter } from './subjects/subject.js';

/** The cost of one request in one scenario. */
export interface RequestRow {
  readonly scenario: string;
  readonly adapter: Adapter;
  readonly subject: string;
  /** How many bans and how many revocations of others are in force. */
  readonly loaded: number;
  readonly cpuMicrosPerRequest: Figure;
  /** The ratios to bare Nest in the same round. */
  readonly ratioToBare: Figure;
  /** Each round by itself, in microseconds: what two rows are compared by. */
  readonly rounds: readonly number[];
}

/** The cost of one call. */
export interface MicroRow {
  readonly name: string;
  readonly subject: string;
  /** The median, in nanoseconds. */
  readonly nanoseconds?: number;
  /** The median of the ratios to another subject in the same round. */
  readonly ratio?: number;
  /** What the ratio is to. */
  readonly ratioTo?: string;
  readonly bytesPerEntry?: number;
}

/** What starting an app costs. */
export interface BootRow {
  readonly name: string;
  readonly adapter?: Adapter;
  readonly subject: string;
  readonly unit: 'ms' | 'MB';
  readonly figure: Figure;
  /** The median of what is added to bare Nest in the same round. */
  readonly addedToBare: number;
}

/** One line of a figure. */
export interface GrowthSeries {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** One figure: how a cost grows. */
export interface GrowthFigure {
  readonly file: string;
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly GrowthSeries[];
}

/** What the default rules made of a group of cases, in one mode. */
export interface TrafficRow {
  readonly mode: string;
  readonly group: string;
  readonly isAttack: boolean;
  readonly cases: number;
  /** How many were banned. */
  readonly banned: number;
  /** How many got any points. */
  readonly struck: number;
  /** How many got fifty points or more for their first request. */
  readonly fiftyAtFirst: number;
  /** The median of the requests that it took. */
  readonly bannedAfter: number | undefined;
}

/** Everything that a run found. */
export interface Results {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGigabytes: number;
    readonly os: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly RequestRow[];
  readonly micro: readonly MicroRow[];
  readonly growth: readonly GrowthFigure[];
  readonly boot: readonly BootRow[];
  readonly traffic: readonly TrafficRow[];
}
