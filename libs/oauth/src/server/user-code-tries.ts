import { Inject, Injectable } from '@nestjs/common';
import { RecentlyUsed, TOKEN_SETTINGS, type TokenSettings } from '@portcullis/auth/internal';

/** How many wrong codes somebody may type, by the browser's session and by the address. */
const MOST_WRONG = 5;
const WINDOW_MS = 600_000;
const REMEMBERED = 50_000;

/** Wrong codes of somebody. */
interface Wrong {
  count: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** How often codes of devices were typed wrong (RFC 8628 section 5.1): they are short, and whoever guesses one lets a stranger's device in. */
@Injectable()
export class UserCodeTries {
  readonly #wrong = new RecentlyUsed<Wrong>(REMEMBERED);

  constructor(@Inject(TOKEN_SETTINGS) private readonly settings: TokenSettings) {}

  /** @param names of who types: the session, the address */
  isOver(names: readonly string[]): boolean {
    return names.some((name) => (this.#find(name)?.count ?? 0) >= MOST_WRONG);
  }

  noteWrong(names: readonly string[]): void {
    for (const name of names) {
      const wrong = this.#find(name) ?? { count: 0, until: this.settings.now() + WINDOW_MS };
      wrong.count++;
      this.#wrong.set(name, wrong);
    }
  }

  #find(name: string): Wrong | undefined {
    const wrong = this.#wrong.get(name);
    return wrong !== undefined && wrong.until > this.settings.now() ? wrong : undefined;
  }
}
