/** Tells checks that are under way which keys are changed meanwhile, so that only those of a changed key begin again. */
export class KeyChanges {
  readonly #watches = new Set<KeyWatch>();

  /** Begins to watch; it is to be ended. */
  watch(): KeyWatch {
    const watch = new KeyWatch((ended) => this.#watches.delete(ended));
    this.#watches.add(watch);
    return watch;
  }

  /** @param ids the keys that were changed; undefined when it isn't known which */
  tell(ids: readonly string[] | undefined): void {
    for (const watch of this.#watches) watch.tell(ids);
  }
}

/** What was changed while something was under way. */
export class KeyWatch {
  readonly #changed = new Set<string>();
  #isAnyChanged = false;

  constructor(readonly onEnd: (watch: KeyWatch) => void) {}

  tell(ids: readonly string[] | undefined): void {
    if (ids === undefined) this.#isAnyChanged = true;
    for (const id of ids ?? []) this.#changed.add(id);
  }

  /** Whether a key was changed since the beginning, or may have been. */
  saw(id: string): boolean {
    return this.#isAnyChanged || this.#changed.has(id);
  }

  end(): void {
    this.onEnd(this);
  }
}
