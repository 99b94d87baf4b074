import type { ConfiguredOAuthClient } from '@portcullis/auth';
import type { Partner, SampleConfig } from '../config.js';

/** Clients to try the server with. They are nobody's secret, so that they are not there in production. */
const DEMO_CLIENTS: readonly ConfiguredOAuthClient[] = [
  {
    clientId: 'demo',
    name: 'Demo client',
    kind: 'native',
    redirectUris: ['http://127.0.0.1/callback'],
    scopes: ['parcels:*', 'reports:read'],
  },
  {
    clientId: 'demo-sensor',
    name: 'Demo sensor',
    kind: 'device',
    scopes: ['parcels:read'],
    // Little room, and no way to keep a token from whoever opens the case: without the key it is of no use.
    claims: 'compact',
    binding: 'demand',
    accessTokenSeconds: 300,
  },
];

/** Who may ask for tokens, besides those whom admins let in. */
export function clientsOf({ hasDemoClients, partner }: SampleConfig): readonly ConfiguredOAuthClient[] {
  return [...(hasDemoClients ? DEMO_CLIENTS : []), ...(partner === undefined ? [] : partnerClients(partner))];
}

/** The other app, as one that its users log in to by us, and as one that acts for itself. */
function partnerClients({ origin, secret }: Partner): readonly ConfiguredOAuthClient[] {
  return [
    {
      clientId: 'partner',
      name: 'Partner depots',
      kind: 'web',
      redirectUris: [`${origin}/login/parcels/callback`],
      secrets: [secret],
    },
    {
      clientId: 'partner-robot',
      name: 'Robot of the partner',
      kind: 'machine',
      scopes: ['parcels:read', 'reports:read'],
      secrets: [secret],
      // It is handed tokens of our users, and may ask for one at its own API in their place.
      mayExchange: true,
      consent: 'skip',
    },
  ];
}
