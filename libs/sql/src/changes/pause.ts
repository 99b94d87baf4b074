/** A pause that can be cut short, also before it has begun. It keeps no process alive. */
export class Pause {
  #isCutShort = false;
  #end: (() => void) | undefined;

  async begin(milliseconds: number): Promise<void> {
    if (!this.#isCutShort) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds).unref();
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isCutShort = false;
    this.#end = undefined;
  }

  end(): void {
    this.#isCutShort = true;
    this.#end?.();
  }
}
