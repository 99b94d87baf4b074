import type { ReactionOptions } from './reaction.options.js';

/** Injects the {@link ReactionSettings}. */
export const REACTION_SETTINGS = Symbol('portcullis.reactions');

/** What of the options this room reads. */
export interface ReactionSettings {
  readonly tokens?: { readonly reactions: ReactionOptions };
}
