import { defineStore } from '@portcullis/auth';

/** A scanner that workers carry. */
export interface Handheld {
  readonly id: string;
  /** SHA-256 of its token, hexadecimal. */
  readonly tokenHash: string;
  /** Where it may be used. */
  readonly depot: string;
  readonly isBlocked: boolean;
}

/** Where the depot's handhelds are kept. */
export interface HandheldStore {
  /** Keeps a new handheld. @throws Error when there is one with its id */
  insert(handheld: Handheld): Promise<void>;
  find(id: string): Promise<Handheld | undefined>;
  /** Blocks a handheld. Of concurrent calls exactly one is told that it was the one. */
  block(id: string): Promise<boolean>;
}

declare module '@portcullis/auth' {
  interface Stores {
    readonly handhelds?: HandheldStore;
  }
}

/** In memory where the app gives none. */
export class MemoryHandheldStore implements HandheldStore {
  readonly #handhelds = new Map<string, Handheld>();

  async insert(handheld: Handheld): Promise<void> {
    if (this.#handhelds.has(handheld.id)) throw new Error(`there is a handheld ${handheld.id}`);
    this.#handhelds.set(handheld.id, { ...handheld });
  }

  async find(id: string): Promise<Handheld | undefined> {
    const handheld = this.#handhelds.get(id);
    return handheld && { ...handheld };
  }

  async block(id: string): Promise<boolean> {
    const handheld = this.#handhelds.get(id);
    if (handheld === undefined || handheld.isBlocked) return false;
    this.#handhelds.set(id, { ...handheld, isBlocked: true });
    return true;
  }
}

export const HANDHELD_STORE = defineStore<HandheldStore>('handhelds', {
  methods: { insert: true, find: true, block: true },
  probe: (store) => store.find('health'),
  inMemory: () => new MemoryHandheldStore(),
});
