import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { MemoryReplaySet } from '../replay/memory-replay-set.js';
import type { ReplaySet } from '../replay/replay-set.js';
import { BINDING_SETTINGS, type BindingSettings } from './binding-settings.js';

/** How far apart the clocks of two instances may be, and how long one of them may take to accept a proof, in seconds. */
const MARGIN_SECONDS = 5;

/**
 * Which proofs were used. Whoever asks has checked everything else before: what is forged must not be remembered, or anybody could use up
 * the memory, and the ids of others.
 */
@Injectable()
export class UsedProofs {
  readonly #replays: ReplaySet;

  constructor(@Inject(BINDING_SETTINGS) { binding }: BindingSettings) {
    const shared = binding.replay === 'shared' ? binding.replays : undefined;
    this.#replays = shared ?? new MemoryReplaySet();
  }

  /**
   * Notes the use of a proof. Of all that come with one id, at the same time too, exactly one is the first.
   *
   * @param id of the proof, together with that of its key and the kind of proof that it is
   * @param seconds for how long the proof would be accepted from now on, by this instance's clock
   * @throws PortcullisError `temporarily_unavailable` when that can't be said
   */
  async isFirstUse(id: string, seconds: number): Promise<boolean> {
    try {
      return await this.#replays.firstUse(id, Math.max(seconds, 0) + MARGIN_SECONDS);
    } catch (error) {
      throw new PortcullisError(TEMPORARILY_UNAVAILABLE, 'whether a proof was used before can not be said', {
        retryAfterSeconds: 1,
        cause: error,
      });
    }
  }
}
