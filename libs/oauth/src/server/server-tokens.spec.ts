import { PortcullisConfigurationError } from '@portcullis/auth';
import { ServerTokens } from './server-tokens.js';

it.each([undefined, 'parcels', '/parcels', 'https://api.example/#parcels'])(
  'gives out no tokens for the API %s, for which no client could ask',
  (audience) => {
    const make = () =>
      new ServerTokens({} as never, { tokens: audience && { audience } } as never, {} as never);
    expect(make).toThrow(PortcullisConfigurationError);
    expect(make).toThrow(/absolute URI/);
  },
);

it.each(['https://api.example', 'urn:example:parcels'])('gives out tokens for the API %s', (audience) => {
  const tokens = new ServerTokens({} as never, { tokens: { audience } } as never, {} as never);
  expect(tokens.ownResource).toBe(audience);
});
