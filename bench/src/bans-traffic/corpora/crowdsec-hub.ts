import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { casesOf } from '../log-lines.js';
import type { CorpusReader, SentRequest, TrafficCase } from '../traffic-case.js';
import { textsBelow } from './folders.js';

/** From how many requests on it is a matter of time, and not of one request alone. */
const SEVERAL = 3;

/** The tests of CrowdSec's scenarios and rules: logs of which they say who is an attacker, and requests of exploits. */
export const crowdsecHub: CorpusReader = (folder) => [
  ...foldersIn(join(folder, '.tests')).flatMap(({ name, path }) => casesOfLogs(name, path)),
  ...foldersIn(join(folder, '.appsec-tests')).flatMap(({ name, path }) => casesOfExploits(name, path)),
];

function foldersIn(folder: string): { name: string; path: string }[] {
  return readdirSync(folder)
    .map((name) => ({ name, path: join(folder, name) }))
    .filter(({ path }) => statSync(path).isDirectory());
}

function casesOfLogs(name: string, folder: string): TrafficCase[] {
  const verdicts = join(folder, 'scenario.assert');
  const attackers = existsSync(verdicts) ? readFileSync(verdicts, 'utf8') : '';
  return textsBelow(folder, '.log').flatMap(({ text }) =>
    casesOf(text, (address, sent) => {
      const isAttack = attackers.includes(`"${address}"`);
      if (!isAttack) return undefined;
      const group =
        sent.length >= SEVERAL ? 'CrowdSec, three requests and more' : 'CrowdSec, exploits of one request';
      return { group, name, isAttack };
    }),
  );
}

/** Templates of Nuclei: requests as text, or a method with paths. */
interface Exploit {
  readonly http?: readonly HttpRequests[];
  readonly requests?: readonly HttpRequests[];
}

interface HttpRequests {
  readonly raw?: readonly string[];
  readonly method?: string;
  readonly path?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

function casesOfExploits(name: string, folder: string): TrafficCase[] {
  return textsBelow(folder, '.yaml')
    .filter((file) => file.name !== 'config.yaml')
    .flatMap(({ text }) => {
      const exploit = parse(text) as Exploit | null;
      const requests = (exploit?.http ?? exploit?.requests ?? []).flatMap(requestsOf);
      const [first] = requests;
      return first === undefined
        ? []
        : [{ group: 'CrowdSec, exploits of one request', name, isAttack: true, requests: [first] }];
    });
}

function requestsOf({ raw = [], method = 'GET', path = [], headers = {} }: HttpRequests): SentRequest[] {
  return [
    ...raw.flatMap(requestIn),
    ...path.map((each) => ({
      ...{ method, target: filled(each) || '/', headers: lowerCased(headers), status: undefined, at: 0 },
    })),
  ];
}

function requestIn(text: string): SentRequest[] {
  const [head = ''] = text.replace(/^@.*\n/, '').split(/\r?\n\r?\n/);
  const [line = '', ...fields] = head.trim().split(/\r?\n/);
  const parts = /^([A-Z]+) (.*?)(?: HTTP\/[\d.]+)?$/.exec(line.trim());
  if (parts === null) return [];
  const headers = Object.fromEntries(
    fields.flatMap((field) => {
      const colon = field.indexOf(':');
      return colon === -1 ? [] : [[field.slice(0, colon).trim(), field.slice(colon + 1).trim()]];
    }),
  );
  return [
    {
      ...{ method: parts[1] as string, target: filled(parts[2] as string) || '/', status: undefined, at: 0 },
      headers: lowerCased(headers),
    },
  ];
}

/** What Nuclei fills in. */
function filled(text: string): string {
  return text.replace(/\{\{(?:BaseURL|RootURL)\}\}/g, '').replace(/\{\{[\w()" -]*\}\}/g, 'x1y2');
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), filled(String(value))] as const)
      .filter(
        ([name]) => !['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name),
      ),
  );
}
