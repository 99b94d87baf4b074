import { Challenge } from './challenge.js';
import { ConnectRequests } from './connect-requests.js';
import { Entrance } from './entrance.js';
import { GuestKnocks } from './guest-knocks.js';
import { GuestProofs } from './guest-proofs.js';
import { HandPlacedIpBans } from './hand-placed-ip-bans.js';
import { Tarpit } from './tarpit.js';

/** The entrance, what it does with the banned, and whether what stands in its place is there. */
export const ENTRANCE_PROVIDERS = [
  ConnectRequests,
  Entrance,
  Challenge,
  GuestKnocks,
  GuestProofs,
  HandPlacedIpBans,
  Tarpit,
];
