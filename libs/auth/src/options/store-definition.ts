/** The names of the methods that a store has to have, each as a key, so that the compiler sees to it that none is missing. */
type MethodsOf<Store> = {
  readonly [Name in keyof Store as Store[Name] extends (...parameters: never[]) => unknown
    ? Name
    : never]-?: true;
};

/** As {@link MethodsOf}, those that a store may do without. */
type OptionalMethodsOf<Store> = {
  readonly [Name in keyof Store as undefined extends Store[Name] ? Name : never]-?: true;
};

/** A port to durable data, under its name in the option `stores`. */
export interface StoreDefinition<Store extends object = object> {
  readonly name: string;
  /** Injects the store; undefined where none is given and there is none in memory. */
  readonly token: symbol;
  /** What every store of this kind has to have. */
  readonly methods: readonly string[];
  /** What it may have besides. */
  readonly optionalMethods: readonly string[];
  // A method, so that a definition of one store is one of any store.
  /** Asks it something small, to see whether it answers. */
  probe(store: Store): Promise<unknown>;
  /** Makes the one that is used where none is given. Without it the store is optional. */
  inMemory?(): Store;
}

/**
 * Defines a store.
 *
 * @param methods every method of the port, with true: the app is refused at boot where one is missing
 * @param optional every method that a store may do without, with true; without it nobody sees that a store has one
 * @param probe asks a store something small, to see whether it answers
 * @param inMemory makes the store that is used where the app gives none
 */
export function defineStore<Store extends object>(
  name: string,
  {
    methods,
    optional,
    probe,
    inMemory,
  }: {
    readonly methods: MethodsOf<Store>;
    readonly optional?: OptionalMethodsOf<Store>;
    readonly probe: (store: Store) => Promise<unknown>;
    readonly inMemory?: () => Store;
  },
): StoreDefinition<Store> {
  return Object.freeze({
    name,
    token: Symbol(`portcullis.stores.${name}`),
    methods: Object.keys(methods),
    optionalMethods: Object.keys(optional ?? {}),
    probe,
    ...(inMemory && { inMemory }),
  });
}

/** What is wrong with a store, in one line; undefined for one that has every method. */
export function problemOfStore({ name, methods }: StoreDefinition, store: unknown): string | undefined {
  const isStore =
    typeof store === 'object' &&
    store !== null &&
    methods.every((method) => typeof Reflect.get(store, method) === 'function');
  return isStore ? undefined : `stores.${name}: must have the methods ${methods.join(', ')}`;
}

/** The stores of an app, each with its definition; an optional one that was not given is not among them. */
export class RegisteredStores {
  constructor(readonly all: readonly { readonly definition: StoreDefinition; readonly store: object }[]) {}

  /** @param given the stores by their names */
  static of(definitions: readonly StoreDefinition[], given: object): RegisteredStores {
    return new RegisteredStores(
      definitions.flatMap((definition) => {
        const store: object | undefined = Reflect.get(given, definition.name);
        return store === undefined ? [] : [{ definition, store }];
      }),
    );
  }
}
