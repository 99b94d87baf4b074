import { defineEvent, describeRequest } from '../events/event-definition.js';
import type { RequestFacts } from '../events/security-event.js';
import type { Ban } from './ban.store.js';
import type { BanProposal } from './ban-proposal.js';

/** A response that a rule counted. */
interface StrikeFacts {
  readonly request: RequestFacts;
  /** The rule's id. */
  readonly rule: string;
  readonly points: number;
  /** The sum within the rule's window, this strike included. */
  readonly total: number;
}

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'address.struck': StrikeFacts & {
      /** The sum that bans this address; it is higher where many share one. */
      readonly limit: number;
      /** Nobody will be refused for it. */
      readonly shadow: boolean;
      /** The code of the refusal, the event, or the status. */
      readonly reason: string;
    };
    /** Abuse with a valid credential is charged to it first, and to the address only beyond the limit. */
    'identity.struck': StrikeFacts;
    /** A credential has reached the limit: it is perhaps stolen, or its client broken. */
    'identity.abusive': Omit<StrikeFacts, 'points'>;
    /** So many attempts of many networks at one account have failed, or are under way, that further ones have to wait. */
    'account.attacked': {
      readonly request: RequestFacts;
      /** A digest of the account's name, the same for each attempt at it. */
      readonly account: string;
      readonly failures: number;
      readonly delaySeconds: number;
    };
    /** A rule is about to ban. The listener may call `veto` or `extendTo` on the proposal before it returns. */
    'ban.proposed': { readonly proposal: BanProposal };
    'ban.vetoed': { readonly ban: Ban; readonly reason: string };
    'address.banned': Actor & { readonly ban: Ban };
    /** A ban was lifted; forgiven: its network's whole history was forgotten with it. */
    'address.unbanned': Actor & { readonly ban: Ban; readonly forgiven: boolean; readonly reason?: string };
    /** The networks of a list were banned, this many; there is no event for each. */
    'bans.imported': Actor & { readonly count: number };
    'bans.cleared': Actor & { readonly count: number; readonly reason?: string };
    /** A request was let through that a ban would have refused, but for shadow mode. */
    'ban.shadowed': { readonly request: RequestFacts; readonly network: string };
    'ban-feed.loaded': {
      /** The ban feed's name. */
      readonly feed: string;
      /** How many networks it bans from now on. */
      readonly networks: number;
      /** How many of its entries could not be read. */
      readonly problems: number;
    };
    /** What the ban feed gave before stays in force. */
    'ban-feed.failed': { readonly feed: string; readonly reason: string };
  }
}

const networkOf = ({ ban }: { readonly ban: Ban }) => ({ address: ban.network });

export const ADDRESS_STRUCK = defineEvent('address.struck', { audit: 'flood', log: 'never' });

export const IDENTITY_STRUCK = defineEvent('identity.struck', { audit: 'flood', log: 'never' });

export const IDENTITY_ABUSIVE = defineEvent('identity.abusive', {
  audit: 'flood',
  log: {
    level: 'warn',
    line: ({ rule, request }) => `Abuse with a valid credential (rule ${rule}): ${describeRequest(request)}`,
  },
});

export const ACCOUNT_ATTACKED = defineEvent('account.attacked', {
  audit: 'flood',
  log: {
    level: 'warn',
    line: ({ account, failures, request }) =>
      `Many networks attack the account with the digest ${account} (${failures} attempts): ${describeRequest(request)}`,
  },
});

/** Not kept: what becomes of a proposal is an event of its own. */
export const BAN_PROPOSED = defineEvent('ban.proposed', { audit: 'never', log: 'never' });

export const BAN_VETOED = defineEvent('ban.vetoed', {
  audit: { weight: 'flood', names: networkOf },
  log: { level: 'log', line: ({ ban, reason }) => `Did not ban ${ban.network}: ${reason}` },
});

export const ADDRESS_BANNED = defineEvent('address.banned', {
  audit: { weight: ({ ban }) => (ban.rule === null ? 'decision' : 'flood'), names: networkOf },
  log: {
    level: 'warn',
    line: ({ ban: { shadow, network, expiresAt, reason } }) =>
      `${shadow ? 'Would have banned' : 'Banned'} ${network} until ${new Date(expiresAt).toISOString()}: ${reason}`,
  },
});

export const ADDRESS_UNBANNED = defineEvent('address.unbanned', {
  audit: { weight: 'decision', names: networkOf },
  log: {
    level: 'log',
    line: ({ ban, forgiven, reason }) =>
      `${forgiven ? 'Forgave' : 'Unbanned'} ${ban.network}${reason ? `: ${reason}` : ''}`,
  },
});

export const BANS_IMPORTED = defineEvent('bans.imported', {
  audit: 'decision',
  log: { level: 'warn', line: ({ count }) => `Banned the networks of a list (${count})` },
});

export const BANS_CLEARED = defineEvent('bans.cleared', {
  audit: 'decision',
  log: {
    level: 'warn',
    line: ({ count, reason }) => `Cleared all bans (${count})${reason ? `: ${reason}` : ''}`,
  },
});

export const BAN_SHADOWED = defineEvent('ban.shadowed', { audit: 'noise', log: 'never' });

export const BAN_FEED_LOADED = defineEvent('ban-feed.loaded', {
  audit: 'noise',
  log: {
    level: 'debug',
    line: ({ feed, networks, problems }) =>
      `Loaded ban feed ${feed}: ${networks} networks, ${problems} problems`,
  },
});

export const BAN_FEED_FAILED = defineEvent('ban-feed.failed', {
  audit: 'decision',
  log: { level: 'warn', line: ({ feed, reason }) => `Could not load ban feed ${feed}: ${reason}` },
});

export const BAN_EVENTS = [
  ADDRESS_STRUCK,
  IDENTITY_STRUCK,
  IDENTITY_ABUSIVE,
  ACCOUNT_ATTACKED,
  BAN_PROPOSED,
  BAN_VETOED,
  ADDRESS_BANNED,
  ADDRESS_UNBANNED,
  BANS_IMPORTED,
  BANS_CLEARED,
  BAN_SHADOWED,
  BAN_FEED_LOADED,
  BAN_FEED_FAILED,
];
