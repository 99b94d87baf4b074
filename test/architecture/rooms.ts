import type { Restricted, Table } from './tables.js';

/**
 * The rooms of `libs/auth/src`, from the ground up: what each holds, and whom it may import, and why. A room is a folder, or a
 * single file under its name. An arrow goes only to a room that stands further up in this list, so that there can be no circle.
 */
export const ROOMS: Table = {
  errors: { holds: 'the refusals, and what is wrong with a configuration', imports: {} },
  async: { holds: 'values or promises of them, single flight, back-off, long work that yields', imports: {} },
  scopes: { holds: 'how a granted scope meets a demanded one', imports: {} },
  'recently-used': { holds: 'caches that grow as they fill', imports: {} },
  options: {
    holds: 'checks of options, and their defaults; stores that are given up when they hang',
    imports: { async: 'how long a store may take' },
  },
  net: {
    holds: 'addresses, networks, where a request really comes from',
    imports: { 'recently-used': 'addresses that were parsed' },
  },
  'replay-set': { holds: 'the port to what may be used once', imports: {} },
  shutdown: {
    holds: 'what is still to be done before the stores are closed',
    imports: { async: 'how long that may take' },
  },
  'page-cursor': {
    holds: 'where the next page of a list begins',
    imports: { errors: 'an unreadable cursor' },
  },

  identity: { holds: 'who was proven: apps, users, the facts of a token', imports: { scopes: 'hasScope' } },
  events: {
    holds: 'definitions of events, the one stream of them, and what of it is logged',
    imports: { options: 'its own section' },
  },
  remote: {
    holds: 'documents of others, fetched within limits',
    imports: { errors: 'what could not be fetched', net: 'which URLs are secure' },
  },
  routes: {
    holds: 'what controllers of ours share: their paths, validation, answers; limits for what callers send',
    imports: { errors: 'wrong input becomes a 400' },
  },

  replication: {
    holds:
      'what instances publish to each other: the port of the change feed, the replicas, the shared clock',
    imports: {
      async: 'back-off',
      errors: 'refusals while this instance is stale',
      events: 'stale, fresh, clock corrected',
      options: 'its own section',
    },
  },
  request: {
    holds: 'one request from its arrival to its settlement, and who is behind it',
    imports: {
      errors: 'the refusal that it met',
      events: 'what is emitted of it',
      identity: 'who was proven',
      net: 'where it comes from',
    },
  },
  credentials: {
    holds: 'schemes, bearer formats, and what the core asks of every credential',
    imports: {
      async: 'a proof may have to wait',
      errors: 'challenges and refusals',
      events: 'leaked credentials',
      identity: 'what a scheme proves',
      replication: 'an instance that is cut off vouches for nothing',
      request: 'where a credential is read from',
    },
  },
  access: {
    holds: 'what handlers declare, compiled into rules, and the demands that rooms add to it',
    imports: {
      async: 'a demand may have to wait',
      credentials: 'a route that nobody could enter is found at boot',
      errors: 'declarations that make no sense',
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
      extension: 'its registration',
      access: 'honeypots, exemptions and strikes are declared on handlers',
      async: 'long lists, yielding',
      credentials: 'one guess is told from another',
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
    },
  },
  health: {
    holds: 'how well this instance is, for load balancers',
    imports: {
      async: 'many ask, one looks',
      options: 'the stores that there are',
      replication: 'whether it is stale',
    },
  },

  reactions: {
    holds: 'what the misuse of a credential leads to by itself',
    imports: {
      extension: 'its registration',
      errors: 'why it could not be ended',
      events: 'the misuse is reported',
      identity: 'the facts of the token',
      'recently-used': 'each misuse is reported once',
      revocation: 'its end',
    },
  },
  tokens: {
    holds: 'how a user is proven: other issuers and our own, their keys, claims',
    imports: {
      extension: 'its registration',
      access: 'claims are one more demand',
      async: 'keys may have to be fetched',
      credentials: 'tokens are a bearer format',
      errors: 'refused tokens',
      events: 'issued tokens, replaced keys',
      identity: 'what a token proves',
      net: 'which URLs are secure',
      options: 'its own section',
      reactions: 'what shows misuse',
      'recently-used': 'verified tokens',
      remote: 'key sets and metadata of issuers',
      replication: 'signing keys that others have changed',
      request: 'where a token is read from',
      revocation: 'revoked tokens',
      scopes: 'scopes of new tokens',
    },
  },
  'api-keys': {
    holds: 'how an app is proven: keys, personal tokens, older keys, their life and limits',
    imports: {
      extension: 'its registration',
      access: 'the routes for personal tokens demand a user',
      async: 'a key may have to be read',
      credentials: 'a key is a scheme, and a bearer format',
      errors: 'refused keys',
      events: 'the life of keys',
      identity: 'what a key proves',
      net: 'keys for some addresses only',
      options: 'its own section',
      'page-cursor': 'long lists',
      'recently-used': 'proven and refused keys',
      replication: 'keys that others have changed',
      request: 'where a key is read from',
      revocation: 'users whose tokens are revoked',
      routes: 'the routes for personal tokens',
      scopes: 'scopes of new keys',
      shutdown: 'the last uses',
    },
  },
  leaks: {
    holds: 'reports of credentials that were found elsewhere',
    imports: {
      extension: 'its registration',
      access: 'the route is public',
      'api-keys': 'the keys that were found',
      credentials: 'a leak is reported as that of any credential',
      errors: 'unreadable reports',
      events: 'the leak is reported',
      net: 'which URLs are secure',
      options: 'its own section',
      remote: 'the keys of those who report',
      request: 'who reports',
      routes: 'where reports are taken',
    },
  },

  passwords: {
    holds: 'how passwords are hashed, a few at once',
    imports: {
      async: 'a queue in which addresses take turns',
      errors: 'no room in it',
      extension: 'its registration',
      net: 'who waits for whom',
      options: 'its own section',
      request: 'who brings the password',
    },
  },

  passport: {
    holds: 'schemes as strategies of Passport',
    imports: {
      'api-keys': 'the scheme under headerapikey',
      credentials: 'what a strategy asks',
      errors: 'what is mine but bad',
      identity: 'what Passport calls the user',
      request: 'what a strategy is asked about',
    },
  },
  stores: {
    holds: 'data in memory',
    imports: {
      'api-keys': 'its port',
      audit: 'its port',
      bans: 'its port',
      revocation: 'its port',
      tokens: 'the port of signing keys',
    },
  },
  admin: {
    holds: 'controllers for those who run the app',
    imports: {
      access: 'who may use them',
      'api-keys': 'their life',
      async: 'long exports, yielding',
      audit: 'what was kept',
      bans: 'to show and to change',
      events: 'who did it',
      errors: 'who may not',
      identity: 'who did it',
      net: 'networks in queries',
      options: 'checks of what is sent',
      request: 'who asks',
      revocation: 'to show and to change',
      routes: 'paths and validation',
    },
  },
  'well-known': {
    holds: 'what the app says of itself under /.well-known',
    imports: {
      access: 'the scopes that its routes demand',
      tokens: 'the public keys',
    },
  },

  guard: {
    holds: 'the entrance, the one decision, the guards, the answer to a refusal',
    imports: {
      access: 'the rule of the handler',
      async: 'a decision may have to wait',
      bans: 'the address is screened first',
      credentials: 'the schemes that are registered',
      errors: 'refusals, and their answers',
      events: 'refusals where there is no request',
      identity: 'who was proven',
      request: 'what is decided about',
      'well-known': 'what is answered ahead of the framework',
    },
  },

  composition: {
    holds:
      'the module: everything that is registered, wired together; the options of all rooms in one object',
    imports: {
      access: 'wiring',
      admin: 'wiring',
      async: 'how long others may take to close',
      'api-keys': 'wiring, section and store',
      audit: 'wiring, section and store',
      bans: 'wiring, section and store',
      credentials: 'wiring',
      errors: 'every option that is wrong',
      events: 'wiring, section',
      extension: 'what is registered',
      guard: 'wiring',
      health: 'wiring',
      leaks: 'wiring',
      net: 'wiring',
      options: 'defaults and checks',
      passport: 'wiring',
      passwords: 'wiring, section',
      reactions: 'wiring, section',
      replication: 'wiring, section',
      'replay-set': 'part of a storage',
      request: 'wiring',
      revocation: 'wiring, store',
      shutdown: 'the order in which the app stops',
      stores: 'where the app gives none',
      tokens: 'wiring, section and store',
      'well-known': 'wiring',
    },
  },
  index: {
    holds: 'the public surface',
    imports: {
      access: 'decorators',
      admin: 'module',
      async: 'what may be a promise',
      'api-keys': 'services, port, formats',
      audit: 'service, port',
      bans: 'services, decorators, port, lists',
      credentials: 'what another scheme implements',
      errors: 'refusals',
      events: 'events',
      extension: 'what an app registers',
      guard: 'guards, interceptor',
      health: 'service',
      identity: 'identities',
      leaks: 'module',
      options: 'sections and stores of an app',
      passport: 'strategies',
      passwords: 'service, port',
      reactions: 'what misuse there is',
      composition: 'module, options',
      'replay-set': 'port',
      replication: 'port',
      request: 'decorators',
      revocation: 'service, port',
      routes: 'a guard for what callers send',
      shutdown: 'what rooms of an app have left to write',
      stores: 'stores in memory',
      tokens: 'services, port, demands',
    },
  },
};

/** What of Node and of the frameworks only some rooms of `libs/auth/src` may import. Everybody else asks the request context. */
export const RAW_REQUESTS: readonly Restricted[] = [
  {
    holds: 'raw requests',
    modules: ['http', 'http2', 'https'],
    rooms: {
      net: {
        why: 'reads the address from the connection and its headers',
        onlyTypes: ['IncomingMessage', 'IncomingHttpHeaders'],
      },
      request: { why: 'is what everybody else asks' },
      guard: { why: 'stands ahead of the framework, and answers there' },
    },
  },
  {
    holds: 'web frameworks',
    modules: ['express', 'fastify', '@nestjs/platform-*'],
    rooms: {},
  },
];
