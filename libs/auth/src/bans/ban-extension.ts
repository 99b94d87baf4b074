import type { PortcullisExtension } from '../extension.js';
import { AccountAttempts } from './account-attempts.js';
import { TOO_MANY_ATTEMPTS } from './attempt-refusals.js';
import { Attempts } from './attempts.js';
import { BAN_OPTIONS } from './ban.options.js';
import { BAN_STORE } from './ban.store.js';
import { BANS_CHANGED } from './ban-changes.js';
import { BanCheck } from './ban-check.js';
import { BAN_EVENTS } from './ban-events.js';
import { BanExemptions } from './ban-exemptions.js';
import { REFUSE_BANNED } from './ban-refusals.js';
import { BanService } from './ban-service.js';
import { ChallengePasses } from './challenge-passes.js';
import { BanExport } from './lists/ban-export.js';
import { BanFeeds } from './lists/ban-feeds.js';
import { LoginLikeHandlers } from './login-like-handlers.js';
import { Origins } from './origins/origins.js';
import { RefusedOrigins } from './origins/refused-origins.js';
import { ProvenGuests } from './proven-guests.js';
import { SHARED_ADDRESS_STORE } from './shared-addresses/shared-address.store.js';
import { SharedAddressKeeper } from './shared-addresses/shared-address-keeper.js';
import { StrikeEvents } from './strike-events.js';
import { StrikeJudge } from './strike-judge.js';
import { StrikeLedger } from './strike-ledger.js';

export const BANS: PortcullisExtension = {
  name: 'bans',
  options: [BAN_OPTIONS],
  stores: [BAN_STORE, SHARED_ADDRESS_STORE],
  refusals: [REFUSE_BANNED, TOO_MANY_ATTEMPTS],
  events: BAN_EVENTS,
  changes: [BANS_CHANGED],
  providers: [
    BanService,
    BanFeeds,
    BanExport,
    BanExemptions,
    BanCheck,
    Origins,
    RefusedOrigins,
    ProvenGuests,
    ChallengePasses,
    StrikeEvents,
    LoginLikeHandlers,
    StrikeLedger,
    SharedAddressKeeper,
    StrikeJudge,
    AccountAttempts,
    Attempts,
  ],
};
