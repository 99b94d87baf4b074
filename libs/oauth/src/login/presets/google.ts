import type { OpenIdProvider } from '../login-provider.js';

type Given = Pick<
  OpenIdProvider,
  'clientId' | 'clientSecret' | 'scopes' | 'parameters' | 'linkByEmail' | 'createUsers'
>;

export interface GoogleOptions extends Given {
  /** The Google Workspace domains that people may come from. By default whoever has a Google account. */
  readonly hostedDomains?: readonly string[];
}

/**
 * Google accounts. `sub` is theirs for ever, and the address may change hands. `hd` says whose a Workspace account is; the parameter of that
 * name only chooses what people see.
 *
 * @see https://developers.google.com/identity/openid-connect/openid-connect
 */
export function google({ hostedDomains, ...given }: GoogleOptions): OpenIdProvider {
  const [only, ...others] = hostedDomains ?? [];
  const hint = only === undefined ? undefined : others.length === 0 ? only : '*';
  return {
    ...given,
    issuer: 'https://accounts.google.com',
    algorithms: ['RS256'],
    ...(hint !== undefined && { parameters: { hd: hint, ...given.parameters } }),
    identityOf: ({ iss, sub, hd }) =>
      hostedDomains === undefined || hostedDomains.some((domain) => domain === hd)
        ? { iss: iss as string, sub: sub as string }
        : undefined,
  };
}
