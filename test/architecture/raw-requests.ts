import type { Restricted } from './tables.js';

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
      remote: { why: 'asks what others have named, and looks at the address that it gets to' },
      guard: { why: 'stands ahead of the framework, and answers there' },
    },
  },
  {
    holds: 'web frameworks',
    modules: ['express', 'fastify', '@nestjs/platform-*'],
    rooms: {},
  },
];
