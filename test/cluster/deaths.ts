import type { Question } from './soak/http-client.js';
import type { SoakProcess } from './soak/soak-process.js';
import { claimsOf } from './soak/token-parts.js';

/** Something that is let in, or not. */
export interface Credential extends Question {
  /** Works once, so that it is not tried before it is to be refused. */
  readonly isUsedUp?: boolean;
}

/** What is asked of a process that dies with it, and what that ends. */
export interface Deed {
  readonly deed: Question;
  /** Refused by whoever is asked first: it is read each time. */
  readonly ended?: readonly Credential[];
  /** Refused by the others as soon as they have looked again. */
  readonly endedSoon?: readonly Credential[];
  /** Refused when the next process has started. */
  readonly endedByNext?: readonly Credential[];
}

/** A death in between. */
export interface Death {
  readonly what: string;
  /** The call of a store after which the process does nothing more. */
  readonly after: string;
  prepare(process: SoakProcess, subject: string): Promise<Deed>;
}

export const DEATHS: readonly Death[] = [
  {
    what: 'the end of a session',
    after: 'sessions.end',
    async prepare(process, subject) {
      const { access, refresh, sessionId } = await loggedIn(process, subject);
      return { deed: remove(`/logins/${sessionId}`), ended: [refresh], endedByNext: [access] };
    },
  },
  {
    what: "the end of a user's sessions",
    after: 'sessions.end',
    async prepare(process, subject) {
      const { access, refresh } = await loggedIn(process, subject);
      return { deed: remove(`/logins-of/${subject}`), ended: [refresh], endedByNext: [access] };
    },
  },
  {
    what: 'the revocation of all that a user has',
    after: 'sessions.end',
    async prepare(process, subject) {
      const { access, refresh } = await loggedIn(process, subject);
      const { personal } = await personalToken(process, subject);
      return { deed: remove(`/users/${subject}`), ended: [refresh], endedSoon: [access, personal] };
    },
  },
  {
    what: 'the revocation of an API key',
    after: 'apiKeys.revoke',
    async prepare(process) {
      const { id, key } = await made(process, { path: '/api-keys' });
      return {
        deed: remove(`/api-keys/${id}`),
        endedSoon: [{ path: '/app', headers: { 'x-api-key': `${key}` } }],
      };
    },
  },
  {
    what: 'the revocation of a personal token',
    after: 'apiKeys.revoke',
    async prepare(process, subject) {
      const { id, personal } = await personalToken(process, subject);
      return { deed: remove(`/api-keys/${id}`), endedSoon: [personal] };
    },
  },
  {
    what: 'a ban',
    after: 'bans.save',
    async prepare() {
      const headers = { 'x-forwarded-for': '11.0.0.1' };
      return { deed: post('/bans/11.0.0.1'), endedSoon: [{ path: '/open', headers }] };
    },
  },
  {
    what: 'an OAuth client that is disabled',
    after: 'oauthClients.replace',
    async prepare(process) {
      const { clientId, secret, token } = await machine(process);
      return { deed: post(`/oauth-clients/${clientId}/disable`), ended: [secret], endedSoon: [token] };
    },
  },
  {
    what: 'an OAuth client that is deleted',
    after: 'oauthClients.replace',
    async prepare(process, subject) {
      const { clientId, access, refresh } = await grant(process, subject);
      return { deed: remove(`/oauth-clients/${clientId}`), ended: [refresh], endedSoon: [access] };
    },
  },
  {
    what: "another secret of an OAuth client's",
    after: 'oauthClients.replace',
    async prepare(process) {
      const { clientId, secret } = await machine(process);
      return { deed: post(`/oauth-clients/${clientId}/rotate`), ended: [secret] };
    },
  },
  {
    what: 'the end of a grant',
    after: 'oauthArtifacts.revoke',
    async prepare(process, subject) {
      const { grantId, access, refresh } = await grant(process, subject);
      return { deed: remove(`/grants/${grantId}`), ended: [refresh], endedSoon: [access] };
    },
  },
  ...['oauthArtifacts.revoke', 'oauthConsents.withdraw'].map(
    (after): Death => ({
      what: 'a consent that is withdrawn',
      after,
      async prepare(process, subject) {
        const { clientId, access, refresh } = await grant(process, subject);
        return { deed: remove(`/consents/${subject}/${clientId}`), ended: [refresh], endedSoon: [access] };
      },
    }),
  ),
  {
    what: 'a factor that is removed',
    after: 'factors.remove',
    async prepare(process, subject) {
      const { id, factor, code } = await enrolled(process, subject);
      return { deed: remove(`/factors/${id}`), ended: [factor, code] };
    },
  },
  {
    what: 'other recovery codes',
    after: 'factors.replaceCodes',
    async prepare(process, subject) {
      const { code } = await enrolled(process, subject);
      return { deed: post(`/recovery-codes/${subject}`), ended: [code] };
    },
  },
];

const post = (path: string, rest: Omit<Question, 'path'> = {}): Question => ({
  method: 'POST',
  path,
  ...rest,
});
const remove = (path: string): Question => ({ method: 'DELETE', path });
const bearer = (token = ''): Credential => ({ path: '/user', headers: { authorization: `Bearer ${token}` } });

/** @throws Error where it is not made */
async function made(process: SoakProcess, { path, ...rest }: Question): Promise<Record<string, string>> {
  const { status, body } = await process.ask(post(path, rest));
  if (status >= 300 || status === 0) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body as Record<string, string>;
}

export async function loggedIn(process: SoakProcess, subject: string) {
  const body = { subject, clientId: 'web' };
  const { accessToken, refreshToken, sessionId } = await made(process, { path: '/logins', body });
  const refresh: Credential = { path: '/login', headers: { 'x-refresh-token': `${refreshToken}` } };
  return { access: bearer(accessToken), refresh, sessionId, tokenId: claimsOf(`${accessToken}`).jti };
}

export async function banned(process: SoakProcess, address: string) {
  const { id } = await made(process, { path: `/bans/${address}` });
  const request: Credential = { path: '/open', headers: { 'x-forwarded-for': address } };
  return {
    request,
    'bans.lift': `/bans-by-id/${id}`,
    'bans.forget': `/bans/${address}`,
    'bans.forgetByIds': '/bans',
  };
}

async function personalToken(process: SoakProcess, subject: string) {
  const { headers } = (await loggedIn(process, subject)).access;
  const { id, key } = await made(process, { path: '/personal-tokens', ...(headers && { headers }) });
  return { id, personal: bearer(key) };
}

async function machine(process: SoakProcess) {
  const { clientId, secret } = await made(process, { path: '/oauth-clients' });
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
  const form = { grant_type: 'client_credentials', scope: 'soak:look' };
  const asked = post('/oauth/token', { headers: { authorization }, form });
  const { access_token: token } = await made(process, asked);
  return { clientId, secret: asked, token: { ...bearer(token), path: '/app' } };
}

async function grant(process: SoakProcess, subject: string) {
  const { clientId = '' } = await made(process, { path: '/oauth-clients/browser' });
  const { sessionId: _, ...code } = await made(process, { path: '/codes', body: { subject, clientId } });
  const form = { grant_type: 'authorization_code', client_id: clientId, ...code };
  const { access_token: access, refresh_token: refresh } = await made(process, {
    path: '/oauth/token',
    form,
  });
  return {
    clientId,
    grantId: claimsOf(`${access}`).grant_id,
    access: bearer(access),
    refresh: { path: '/grant', headers: { 'x-refresh-token': `${refresh}` } },
  };
}

async function enrolled(process: SoakProcess, subject: string) {
  const { id, word, accessToken, recoveryCodes } = await made(process, {
    path: '/factors',
    body: { subject },
  });
  const { headers = {} } = bearer(accessToken);
  const stepUp = (factor: string, code: string) =>
    post('/auth/step-up', { headers, body: { factor, code } }) as Credential;
  return {
    id,
    factor: stepUp(`${id}`, `${word}`),
    code: { ...stepUp('recovery-codes', `${recoveryCodes?.[0]}`), isUsedUp: true },
  };
}
