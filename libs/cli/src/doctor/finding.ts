import { printable } from '../printable.js';

/** What one check has found. */
export interface Finding {
  readonly state: 'ok' | 'warn' | 'FAIL';
  /** A name for programs, which stays as it is. */
  readonly check: string;
  readonly what: string;
  /** What to do; undefined where all is well. */
  readonly advice?: string;
}

export function ok(check: string, what: string): Finding {
  return { state: 'ok', check, what };
}

export function warn(check: string, what: string, advice: string): Finding {
  return { state: 'warn', check, what, advice };
}

export function fail(check: string, what: string, advice: string): Finding {
  return { state: 'FAIL', check, what, advice };
}

/** A finding as one line. */
export function lineOf({ state, what, advice }: Finding): string {
  const line = `${state.padEnd(5)} ${what}`;
  return printable(advice === undefined ? line : `${line}  — ${advice}`);
}
