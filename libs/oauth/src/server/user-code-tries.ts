import { Inject, Injectable } from '@nestjs/common';
import { RequestContext } from '@portcullis/auth';
import {
  OAuthArtifacts,
  subscriberNetworkOf,
  TOKEN_SETTINGS,
  type TokenSettings,
} from '@portcullis/auth/internal';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { noteWrongCode } from './provider-events.js';
import { ServerPages } from './server-pages.js';
import { ROUTES } from './server-paths.js';

/** How many wrong codes somebody may type in any ten minutes, by the browser's session and by the address. */
const MOST_WRONG = 5;
const WINDOW_MS = 600_000;
/** What the store knows tries as. */
const TRY = 'WrongUserCode';

/**
 * Bounds how often codes of devices are typed wrong (RFC 8628 section 5.1): they are short, and whoever guesses one lets a stranger's device
 * in. Each wrong code uses up one of five places in the store, so that all instances together know, also of those that come at once.
 */
@Injectable()
export class UserCodeTries {
  constructor(
    @Inject(TOKEN_SETTINGS) private readonly settings: TokenSettings,
    private readonly artifacts: OAuthArtifacts,
    private readonly pages: ServerPages,
  ) {}

  /** Whoever has typed too many wrong codes is not told whether the next one is right. */
  watch(provider: Provider): void {
    provider.use(async (context, next) => {
      if (context.method !== 'POST' || context.path !== ROUTES.code_verification) return next();
      const names = namesOf(context as KoaContextWithOIDC, provider);
      if (!(await this.#isUsedUp(names))) {
        await next();
        // Others may have been wrong at the same time.
        const isOver = context.state.isTryLeft === undefined && (await this.#isUsedUp(names));
        if (!isOver && context.state.isTryLeft !== false) return;
      }
      for (const header of ['Location', 'Set-Cookie']) context.remove(header);
      context.status = 429;
      this.pages.tooManyCodes(context as KoaContextWithOIDC);
    });
  }

  /** To be called where a code was typed that is none. */
  async noteWrong(context: KoaContextWithOIDC, provider: Provider): Promise<void> {
    noteWrongCode(context);
    context.state.isTryLeft = await this.#useAll(namesOf(context, provider));
  }

  async #isUsedUp(names: readonly string[]): Promise<boolean> {
    const left = await Promise.all(names.map((name) => this.#placesLeft(name)));
    return left.some((places) => places.length === 0);
  }

  /** One after the other: of those that come at once, who gets no place by one name is to take none by another. */
  async #useAll(names: readonly string[]): Promise<boolean> {
    for (const name of names) if (!(await this.#use(name))) return false;
    return true;
  }

  /** @returns whether there was a place that nobody had taken */
  async #use(name: string): Promise<boolean> {
    const forgotten = this.settings.now() + 2 * WINDOW_MS;
    for (const place of await this.#placesLeft(name))
      if (await this.artifacts.take(TRY, place, forgotten)) return true;
    return false;
  }

  /**
   * The places that nobody has taken in the ten minutes until now: each that was taken in the window before, and counts still, leaves one less
   * in this one. So all who come at once in one window want the same places.
   */
  async #placesLeft(name: string): Promise<readonly string[]> {
    const now = this.settings.now();
    const window = Math.floor(now / WINDOW_MS);
    const before = await this.#taken(name, window - 1);
    const stillCounting = before.filter((at) => at > now - WINDOW_MS).length;
    const taken = (await this.#taken(name, window)).length;
    const numbers = Array.from({ length: MOST_WRONG }, (_, index) => index + 1);
    return numbers.slice(taken, MOST_WRONG - stillCounting).map((number) => placeOf(name, window, number));
  }

  /** When the places of a window were taken, which is in their order; milliseconds since the epoch. */
  async #taken(name: string, window: number): Promise<readonly number[]> {
    const times: number[] = [];
    while (times.length < MOST_WRONG) {
      const place = await this.artifacts.find(TRY, placeOf(name, window, times.length + 1));
      if (place === undefined || place.consumedAt === null) break;
      times.push(place.consumedAt);
    }
    return times;
  }
}

function placeOf(name: string, window: number, number: number): string {
  return JSON.stringify([name, window, number]);
}

/** Who types a code: the session of the browser, and the address. */
function namesOf(context: KoaContextWithOIDC, provider: Provider): readonly string[] {
  const session = context.cookies.get(provider.cookieName('session'));
  const address = RequestContext.of(context.req as never)?.address;
  return [
    ...(session === undefined ? [] : [`session ${session}`]),
    ...(address === undefined ? [] : [`address ${subscriberNetworkOf(address).text}`]),
  ];
}
