import { Inject, Injectable } from '@nestjs/common';
import { BINDING_SETTINGS, type BindingSettings } from '../binding/binding-settings.js';
import { MemoryReplaySet } from '../replay/memory-replay-set.js';
import { TurnTaking } from '../replay/turn-taking.js';
import { available } from './unavailable.js';
import { KnownUsers } from './user-directory.js';

/** Whose account it is. */
interface AccountOwner {
  readonly issuer: string;
  readonly subject: string;
}

/** Whether somebody can log in by it, and by nothing else. */
type WayIn = (owner: AccountOwner) => Promise<boolean>;

/** By what people log in besides their password, each kept in a store of its own: nobody loses the last of them by two requests at once. */
@Injectable()
export class WaysIn {
  readonly #ways = new Map<string, WayIn>();
  readonly #turns: TurnTaking;

  constructor(
    @Inject(BINDING_SETTINGS) { binding }: Pick<BindingSettings, 'binding'>,
    private readonly users: KnownUsers,
  ) {
    this.#turns = new TurnTaking(binding.replays ?? new MemoryReplaySet());
  }

  add(name: string, way: WayIn): void {
    this.#ways.set(name, way);
  }

  /** Whether the app says who has a password: otherwise nobody counts as having one. */
  get arePasswordsKnown(): boolean {
    return this.users.directory.hasPassword !== undefined;
  }

  /**
   * Has ways of a user removed while nobody removes others of theirs, on whatever instance.
   *
   * @param name of those that are removed
   * @param remove is told whether the user gets in by anything else
   * @throws PortcullisError `temporarily_unavailable`
   */
  whileRemoving<T>(
    owner: AccountOwner,
    name: string,
    remove: (hasAnother: boolean) => Promise<T>,
  ): Promise<T> {
    const { issuer, subject } = owner;
    return this.#turns.inTurn(`ways in ${JSON.stringify([issuer, subject])}`, async () =>
      remove(await this.#hasBesides(owner, name)),
    );
  }

  async #hasBesides(owner: AccountOwner, name: string): Promise<boolean> {
    const { directory } = this.users;
    const asking = directory.hasPassword?.(owner.subject) ?? Promise.resolve(false);
    if (await available(asking, 'the user can not be read')) return true;
    for (const [other, way] of this.#ways) if (other !== name && (await way(owner))) return true;
    return false;
  }
}
