import { Challenge } from './challenge.js';
import { Entrance } from './entrance.js';
import { GuestKnocks } from './guest-knocks.js';
import { GuestProofs } from './guest-proofs.js';
import { Tarpit } from './tarpit.js';

/** The entrance, and what it does with the banned. */
export const ENTRANCE_PROVIDERS = [Entrance, Challenge, GuestKnocks, GuestProofs, Tarpit];
