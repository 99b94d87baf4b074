import type { NewUser } from '../../auth/accounts.service.js';

/** The two apps, as people and clients know them. */
export interface Federation {
  /** The one that has the accounts, and is the authorization server. */
  readonly parcels: string;
  /** The one that trusts it. */
  readonly depots: string;
  /** `aud` of the tokens for the second. */
  readonly audience: string;
  /** Somebody with an account at the first. */
  readonly dispatcher: NewUser;
  /** Of the client `partner-robot`. */
  readonly secret: string;
}

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** What to open, and what to paste into bash, to see what each of the two takes from the other. */
export function federationScreen({ parcels, depots, audience, dispatcher, secret }: Federation): string {
  const { username, password } = dispatcher;
  const bearer = (variable: string) => `-H "Authorization: Bearer $${variable}"`;
  const form = (fields: Record<string, string>) =>
    Object.entries(fields)
      .map(([name, value]) => `-d ${name}=${value}`)
      .join(' \\\n  ');
  const token = (fields: Record<string, string>) =>
    `$(curl -s ${parcels}/oauth/token -u partner-robot:${secret} \\\n  ${form({ ...fields, resource: audience })} | grep -o 'eyJ[^"]*')`;

  return `Parcel delivery, which has the accounts: ${parcels}
Depots of a partner, which trust it: ${depots}

Single sign-on: open ${depots}/login and press "Log in with Parcel delivery"; there you are ${username}, with ${password}.
A client of the one for the API of the other: npm run demo:client -- ${parcels} ${audience} ${depots}/parcels

Paste into bash, from the top:
ROBOT=${token({ grant_type: 'client_credentials', scope: 'reports:read' })}
curl -si ${depots}/reports/volume ${bearer('ROBOT')}  # 200: a token of the first
curl -si ${parcels}/reports/volume ${bearer('ROBOT')}  # 401: it is not for the first
OWN=$(curl -s ${parcels}/auth/login --json '{"username":"${username}","password":"${password}"}' | grep -o 'eyJ[^"]*')
curl -si ${depots}/parcels ${bearer('OWN')}  # 401: it is not for the second
USER_TOKEN=${token({ grant_type: EXCHANGE, subject_token: '$OWN', subject_token_type: ACCESS_TOKEN, scope: 'parcels:read' })}
curl -si ${depots}/parcels ${bearer('USER_TOKEN')}  # 200: exchanged for one that is
curl -si ${depots}/admin/bans ${bearer('USER_TOKEN')}  # 403: nothing of an admin's comes from elsewhere`;
}
