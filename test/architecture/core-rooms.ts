import type { Table } from './tables.js';

/** The rooms of the floors 0 to 3: what the core is made of, and what the domains above share. */
export const CORE_ROOMS: Table = {
  errors: { holds: 'the refusals, and what is wrong with a configuration', imports: {} },
  log: {
    holds: 'what goes to the log, in lines that steer nothing',
    imports: { errors: 'the reason of a refusal, and not its text for the client' },
  },
  async: {
    holds: 'values or promises of them, single flight, back-off, long work that yields',
    imports: { log: 'what operators read' },
  },
  scopes: { holds: 'how a granted scope meets a demanded one', imports: {} },
  'recently-used': { holds: 'caches that grow as they fill', imports: {} },
  'text-table': { holds: 'what is known of texts that came lately', imports: {} },
  'two-generations': { holds: 'caches that a flood may write to', imports: {} },
  options: {
    holds: 'checks of options, and their defaults; stores that fail or hang',
    imports: { async: 'how long a store may take', errors: 'a store that fails is 503' },
  },
  net: {
    holds: 'addresses, networks, where a request really comes from',
    imports: { 'two-generations': 'addresses that were parsed' },
  },
  sealing: {
    holds: 'secrets that the store of an app keeps and can not read; keys for one use',
    imports: {},
  },
  replay: {
    holds: 'the port to what may be used once, its memory, and who takes turns by it',
    imports: { errors: 'that a turn does not come' },
  },
  'message-signatures': {
    holds: 'signatures of HTTP messages, and digests of their contents, as they are written and made up',
    imports: {},
  },
  shutdown: {
    holds: 'what is still to be done before the stores are closed',
    imports: { log: 'what operators read', async: 'how long that may take' },
  },
  'page-cursor': {
    holds: 'where the next page of a list begins',
    imports: { errors: 'an unreadable cursor' },
  },

  identity: {
    holds: 'who was proven: apps, users, the facts of a token',
    imports: { errors: 'whose refusal it is', scopes: 'hasScope' },
  },
  events: {
    holds: 'definitions of events, the one stream of them, and what of it is logged',
    imports: { log: 'what operators read', options: 'its own section' },
  },
  remote: {
    holds: 'documents of others, fetched within limits',
    imports: {
      log: 'what operators read',
      errors: 'what could not be fetched',
      net: 'which URLs are secure',
    },
  },
  routes: {
    holds: 'what controllers of ours share: their paths, validation, answers; limits for what callers send',
    imports: { errors: 'wrong input becomes a 400', options: 'what can be called' },
  },

  replication: {
    holds:
      'what instances publish to each other: the port of the change feed, the replicas, the shared clock',
    imports: {
      log: 'what operators read',
      async: 'back-off',
      errors: 'refusals while this instance is stale',
      events: 'stale, fresh, clock corrected',
      options: 'its own section',
    },
  },
  request: {
    holds: 'one request from its arrival to its settlement, and who is behind it',
    imports: {
      log: 'what operators read',
      async: 'an outage is told once a minute',
      errors: 'the refusal that it met',
      events: 'what is emitted of it',
      identity: 'who was proven',
      net: 'where it comes from',
    },
  },
  credentials: {
    holds: 'schemes, bearer formats, and what the core asks of every credential',
    imports: {
      log: 'what operators read',
      async: 'a proof may have to wait',
      errors: 'challenges and refusals',
      events: 'leaked credentials',
      identity: 'what a scheme proves',
      net: 'texts that are kept apart from longer ones',
      replication: 'an instance that is cut off vouches for nothing',
      request: 'where a credential is read from',
      'text-table': 'URLs that hold no credential',
    },
  },
  access: {
    holds: 'what handlers declare, compiled into rules, and the demands that rooms add to it',
    imports: {
      log: 'what operators read',
      async: 'a demand may have to wait',
      credentials: 'a route that nobody could enter is found at boot',
      errors: 'declarations that make no sense',
      options: 'the clock, which a demand may ask',
      request: 'what a demand is asked about',
      scopes: 'scopes are checked at boot',
    },
  },
  extension: {
    holds: 'what a room, or an app, registers with the core',
    imports: {
      credentials: 'schemes, bearer formats',
      errors: 'refusals',
      events: 'definitions',
      options: 'sections, stores',
      replication: 'changes',
      request: 'contexts',
    },
  },
  audit: {
    holds: 'what is kept of the events, and how it is read',
    imports: {
      log: 'what operators read',
      async: 'how long a reader waits',
      shutdown: 'the last entries',
      errors: 'queries that make no sense',
      events: 'what it keeps',
      extension: 'its registration',
      net: 'queries by network',
      options: 'its own section',
      'page-cursor': 'long answers',
    },
  },

  revocation: {
    holds: 'decisions that a credential which would still verify is refused',
    imports: {
      log: 'what operators read',
      extension: 'its registration',
      async: 'many are kept together; new tokens wait for the end of one',
      errors: 'what is not kept, or not known everywhere; a time that is still to come',
      events: 'what was revoked',
      identity: 'the facts of the token that is asked about',
      options: 'its store',
      replication: 'every instance refuses',
    },
  },
  bans: {
    holds: 'who is refused at the entrance, and why: strikes, bans, lists of others',
    imports: {
      log: 'what operators read',
      extension: 'its registration',
      access: 'honeypots, exemptions and strikes are declared on handlers',
      async: 'long lists, yielding',
      credentials: 'one guess is told from another',
      sealing: 'digests of guesses, which tell nobody else what was guessed',
      errors: 'the refusal of a banned address',
      events: 'strikes and bans',
      identity: 'abuse is charged to the credential first',
      net: 'addresses and networks',
      options: 'its own section',
      'page-cursor': 'long lists',
      'recently-used': 'what is known of very many networks',
      remote: 'lists of others',
      replication: 'every instance refuses',
      request: 'who is screened and judged',
      shutdown: 'where known callers were served is written at the end',
      'text-table': 'what was found in URLs and headers',
      'two-generations': 'sums and strikes, which a flood adds to',
    },
  },
  'rate-limits': {
    holds: 'how often somebody may call: limits of handlers, and what counts requests, those of API keys too',
    imports: {
      access: 'limits are declared on handlers',
      async: 'a shared limiter is waited for',
      errors: 'the refusal of whoever comes too often',
      extension: 'its registration',
      identity: 'who is counted',
      net: 'who is counted by address',
      options: 'its own section',
      'recently-used': 'windows that run',
      request: 'who is counted, and is shown what is left',
    },
  },
  health: {
    holds: 'how well this instance is, for load balancers',
    imports: {
      log: 'what operators read',
      async: 'many ask, one looks',
      options: 'the stores that there are',
      replication: 'whether it is stale',
    },
  },
};
