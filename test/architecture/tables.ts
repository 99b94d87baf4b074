/** Whom one may import: each name with the reason. */
export type Reasons = Readonly<Record<string, string>>;

export interface Row {
  /** What is in it, in one line. */
  readonly holds: string;
  readonly imports: Reasons;
}

/** From the ground up: an arrow goes only to a row that stands before its own. */
export type Table = Readonly<Record<string, Row>>;

export interface PackageRow extends Row {
  readonly folder: string;
  /** Folders of others that are imported by path. */
  readonly byPath?: Reasons;
  /** What its specs may import besides. */
  readonly specs?: { readonly imports?: Reasons; readonly byPath?: Reasons };
  /** Why it computes what it imports, if it does: nobody can check that by reading. */
  readonly computed?: string;
}

export type PackageTable = Readonly<Record<string, PackageRow>>;

/** Modules from outside that only some rooms may import. */
export interface Restricted {
  readonly holds: string;
  /** Without `node:`; a star at the end stands for any ending. */
  readonly modules: readonly string[];
  readonly rooms: Readonly<
    Record<string, { readonly why: string /** Nothing but these. */; readonly onlyTypes?: readonly string[] }>
  >;
}

export interface Tables {
  readonly rooms: Table;
  readonly restricted: readonly Restricted[];
  readonly packages: PackageTable;
}
