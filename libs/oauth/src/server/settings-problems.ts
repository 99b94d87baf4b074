import type { RequestLimit } from '@portcullis/auth';
import { isRequestLimit, parseIpNetwork } from '@portcullis/auth/internal';
import type { OAuthPageLanguages } from './page-texts.js';
import { OWN_SCOPES } from './server-metadata.js';
import type { DescribedScopes, OAuthServerSettings } from './server-settings.js';

const LIFETIMES = [
  'codeSeconds',
  'deviceCodeSeconds',
  'interactionSeconds',
  'refreshTokenSeconds',
  'idTokenSeconds',
  'consentSeconds',
] as const;

const LIMITS = ['tokenLookups', 'authorizationRequests'] as const;

/** What one scope may be (RFC 6749 section 3.3); nobody can be asked about a wildcard. */
const SCOPE = /^[\x21\x23-\x29\x2b-\x5b\x5d-\x7e]+$/;

/** A language, with its script and its region at most (RFC 5646). */
const LANGUAGE = /^[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?$/i;

/** What makes no sense in the settings, each in a few words. */
export function problemsOf(settings: OAuthServerSettings): string[] {
  const { login, consent, clients, clientNetworks, resources, introspectedBy, refreshGraceSeconds } =
    settings;
  const problems: string[] = [];
  const demand = (holds: boolean, problem: string) => holds || problems.push(problem);
  for (const [name, path] of Object.entries({ login, consent }))
    demand(isPath(path), `${name} must be a path of a page of this app, such as /${name}`);
  demand(Array.isArray(clients), 'clients must be a list');
  problems.push(...problemsOfScopes('scopes', settings.scopes), ...problemsOfTexts(settings.texts));
  demand(
    Array.isArray(clientNetworks) && clientNetworks.every(isNetwork),
    'clientNetworks must be a list of addresses and networks, such as 10.0.0.0/8',
  );
  demand(isListOfIds(introspectedBy), 'introspectedBy must be a list of ids of clients');
  for (const name of LIMITS)
    demand(
      isLimit(settings[name]),
      `${name} must be { requests, windowSeconds }, both positive whole numbers`,
    );
  for (const [resource, { scopes, introspectedBy: ids = [] }] of Object.entries(resources)) {
    demand(isListOfIds(ids), `resources: ${resource}: introspectedBy must be a list of ids of clients`);
    demand(isResource(resource), `resources: ${resource} must be an absolute URI without a fragment`);
    problems.push(...problemsOfScopes(`resources: ${resource}`, scopes));
  }
  problems.push(...problemsOfStrangers(settings));
  for (const name of LIFETIMES)
    demand(isWhole(settings[name], 1), `${name} must be a positive number of seconds`);
  demand(isWhole(refreshGraceSeconds, 0), 'refreshGraceSeconds must be a number of seconds');
  return problems;
}

function problemsOfScopes(where: string, scopes: DescribedScopes): string[] {
  const entries = Object.entries(scopes ?? {});
  const own = new Set<string>(OWN_SCOPES);
  return [
    ...(entries.length === 0 ? [`${where} must describe at least one scope`] : []),
    ...entries
      .filter(([name]) => !SCOPE.test(name))
      .map(([name]) => `${where}: ${JSON.stringify(name)} is not a scope`),
    ...entries.filter(([name]) => own.has(name)).map(([name]) => `${where}: ${name} is the server's own`),
    ...entries
      .filter(([, text]) => typeof text !== 'string' || text.trim() === '')
      .map(([name]) => `${where}: ${name} needs words for the people who are asked`),
  ];
}

function problemsOfStrangers({ registration, clientDocuments }: OAuthServerSettings): string[] {
  const problems: string[] = [];
  for (const [name, given] of Object.entries({ registration, clientDocuments }))
    if (given !== undefined && !isListOfIds(given.scopes))
      problems.push(`${name}: scopes must be a list of scopes`);
  if (registration !== undefined && !['holders-of-tokens', 'everybody'].includes(registration.openTo))
    problems.push("registration: openTo must be 'holders-of-tokens' or 'everybody'");
  if (registration !== undefined && !isWhole(registration.maxClients, 1))
    problems.push('registration: maxClients must be a positive number');
  if (clientDocuments?.hosts !== undefined && !isListOfIds(clientDocuments.hosts))
    problems.push('clientDocuments: hosts must be a list of hosts');
  return problems;
}

function problemsOfTexts(languages: OAuthPageLanguages): string[] {
  return Object.entries(languages).flatMap(([language, texts]) => [
    ...(LANGUAGE.test(language) ? [] : [`texts: ${language} is no tag of a language, such as de`]),
    ...Object.entries(texts ?? {})
      .filter(([name, text]) => (name === 'scopes' ? typeof text !== 'object' : typeof text !== 'string'))
      .map(([name]) => `texts: ${language}: ${name} is no text`),
  ]);
}

/** Never another host: whoever logs in there would tell it their password. */
function isPath(path: unknown): boolean {
  return typeof path === 'string' && /^\/(?![/\\])[^\\]*$/.test(path);
}

/** Of a text each part of it would be one. */
function isListOfIds(ids: unknown): boolean {
  return Array.isArray(ids) && ids.every((id) => typeof id === 'string' && id !== '');
}

function isNetwork(text: unknown): boolean {
  return typeof text === 'string' && parseIpNetwork(text) !== undefined;
}

function isLimit(limit: RequestLimit): boolean {
  return typeof limit === 'object' && limit !== null && isRequestLimit(limit);
}

/** Whether clients can ask for tokens for an API of that name (RFC 8707 section 2). */
export function isResource(text: string): boolean {
  return URL.canParse(text) && !text.includes('#');
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && Number(value) >= least;
}
