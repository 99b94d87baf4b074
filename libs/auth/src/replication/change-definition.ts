import { PortcullisConfigurationError } from '../errors.js';
import type { Change } from './change-feed.js';

/** What each kind of change carries. Open: whoever defines a change adds it here, by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: the rooms that have replicas fill it.
export interface ChangeKinds {}

export type ChangeKind = keyof ChangeKinds;

/** A change whose kind is known, and whose facts have been read. */
export type ChangeOf<Kind extends ChangeKind> = { readonly kind: Kind } & ChangeKinds[Kind];

/** Makes one change of two that wait. */
type Coalesce<Facts> = (one: Facts, other: Facts) => Facts;

/** How a kind of change is read, and in which order it is taken over. */
export type ChangeRules<Facts> = {
  /** Reads what a change feed has carried, which another version may have written; undefined where it is no such change. */
  readonly parse: (facts: Readonly<Record<string, unknown>>) => Facts | undefined;
} & (
  | {
      /** Published in full, or only to be forgotten: it waits for no store, and the replica takes it synchronously. */
      readonly takenOver: 'at-once';
      /** Without it each is kept until it is published. */
      readonly coalesce?: Coalesce<Facts>;
    }
  | {
      /**
       * To be read again from the store, one after another. While it waits, this instance does not count as stale: credentials must
       * not depend on it, because an attacker may cause such changes as often as they like. So however many wait can be made one.
       */
      readonly takenOver: 'in-turn';
      readonly coalesce: Coalesce<Facts>;
    }
);

/** One kind of change that instances publish to each other. */
export interface ChangeDefinition<Kind extends ChangeKind = ChangeKind> {
  readonly kind: Kind;
  readonly takenOver: 'at-once' | 'in-turn';
  // Methods, so that a definition of one kind is one of any kind.
  /** A change as a change feed has carried it; undefined where it is none of this kind. */
  read(change: Change): ChangeOf<Kind> | undefined;
  /** One change for two that wait; undefined where each has to be published by itself. */
  coalesce?(one: ChangeOf<Kind>, other: ChangeOf<Kind>): ChangeOf<Kind> | undefined;
}

/** Defines a change. Its kind has to be among {@link ChangeKinds}, and whoever registers it registers it once. */
export function defineChange<Kind extends ChangeKind>(
  kind: Kind,
  { parse, takenOver, coalesce }: ChangeRules<ChangeKinds[Kind]>,
): ChangeDefinition<Kind> {
  const changeOf = (facts: ChangeKinds[Kind]): ChangeOf<Kind> => ({ ...facts, kind });
  return Object.freeze({
    kind,
    takenOver,
    read(change: Change) {
      const facts = change.kind === kind ? parse(change) : undefined;
      return facts && changeOf(facts);
    },
    ...(coalesce && {
      coalesce: (one: ChangeOf<Kind>, other: ChangeOf<Kind>) => {
        const facts = attempt(() => coalesce(one, other));
        return facts && changeOf(facts);
      },
    }),
  });
}

/** What can't be made one stays two. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Every kind of change that this version of the app knows. */
export class ChangeCatalog {
  readonly #definitions: ReadonlyMap<string, ChangeDefinition>;

  constructor(definitions: readonly ChangeDefinition[]) {
    this.#definitions = new Map(definitions.map((definition) => [definition.kind, definition]));
  }

  find(kind: string): ChangeDefinition | undefined {
    return this.#definitions.get(kind);
  }

  /** @throws PortcullisConfigurationError where a replica would follow what nobody has registered */
  demand({ kind }: ChangeDefinition): void {
    if (this.#definitions.has(kind)) return;
    throw new PortcullisConfigurationError([`the change ${JSON.stringify(kind)} is not registered`]);
  }
}
