import type { Storage } from '@portcullis/auth';

type Method = (...given: unknown[]) => Promise<unknown>;

/**
 * A storage whose calls can be made to hang once they have done their work: so that a process can be killed when something is kept, and
 * nobody was told yet.
 */
export class HangingStorage implements Storage {
  readonly #stores: Record<string, Record<string, Method>>[] = [];
  /** How many calls hang. */
  hanging = 0;

  constructor(private readonly storage: Storage) {}

  open: Storage['open'] = (app) => {
    const opened = this.storage.open(app);
    this.#stores.push(opened as unknown as Record<string, Record<string, Method>>);
    return opened;
  };

  /** @param call the next one of this name hangs, such as `sessions.end`; others go on */
  hangAfter(call: string): void {
    const [name, method] = call.split('.') as [string, string];
    for (const stores of this.#stores) {
      const store = stores[name] as Record<string, Method>;
      const original = store[method] as Method;
      store[method] = async (...given) => {
        store[method] = original;
        await original.apply(store, given);
        this.hanging++;
        return new Promise(() => {});
      };
    }
  }
}
