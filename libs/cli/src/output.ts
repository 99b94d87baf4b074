/** Where a command writes, line by line. */
export interface Output {
  /** A result: standard output. */
  say(line: string): void;
  /** What goes with the results but is none: standard error. */
  remark(line: string): void;
}

export const EXIT = { clean: 0, found: 1, trouble: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
