/** Shows reads that are under way what is changed meanwhile, so that only those of a changed thing begin again. */
export class LocalChanges {
  readonly #watches = new Set<LocalWatch>();

  /** Begins to watch; it is to be ended. */
  watch(): LocalWatch {
    const watch = new LocalWatch((ended) => this.#watches.delete(ended));
    this.#watches.add(watch);
    return watch;
  }

  /** @param ids what was changed; undefined when it isn't known which */
  note(ids: readonly string[] | undefined): void {
    for (const watch of this.#watches) watch.note(ids);
  }
}

/** What was changed while something was under way. */
export class LocalWatch {
  readonly #changed = new Set<string>();
  #isAnyChanged = false;

  constructor(readonly onEnd: (watch: LocalWatch) => void) {}

  note(ids: readonly string[] | undefined): void {
    if (ids === undefined) this.#isAnyChanged = true;
    for (const id of ids ?? []) this.#changed.add(id);
  }

  /** Whether it was changed since the beginning, or may have been. */
  saw(id: string): boolean {
    return this.#isAnyChanged || this.#changed.has(id);
  }

  end(): void {
    this.onEnd(this);
  }
}
