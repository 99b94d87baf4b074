import type { EventDefinition } from '@portcullis/auth';
import { factsOfEvents } from './event-facts.js';
import { code, headingsOf, rowsUnder } from './page-tables.js';
import { registered } from './source.js';

const PAGE = 'docs/reference/events.md';

/** Facts that make a difference to the log or the audit log; all other types have one level and one weight. */
const CASES: Readonly<Record<string, readonly object[]>> = {
  'credential.leaked': [{ id: 'key' }, {}],
  'address.banned': [{ ban: { rule: null } }, { ban: { rule: 'honeypot' } }],
};

const SHORT: Readonly<Record<string, readonly string[]>> = {
  who: ['actor?', 'address?', 'requestId?'],
  key: ['keyId', 'appId?', 'subject?'],
  which: ['factorId', 'factor', 'subject'],
  client: ['clientId', 'name'],
  link: ['subject', 'provider', 'upstreamIssuer', 'upstreamSubject'],
  session: ['sessionId', 'subject', 'clientId', 'device?'],
};

interface Row {
  readonly type: string;
  readonly facts: readonly string[];
  readonly log: readonly string[];
  readonly audit: readonly string[];
}

const rows = await shownRows();
const definitions = (await registered()).flatMap(({ events = [] }) => events) as EventDefinition[];

async function shownRows(): Promise<Row[]> {
  const tables = await Promise.all((await headingsOf(PAGE)).map((heading) => rowsUnder(PAGE, heading)));
  return tables.flat().map(([type, , facts = '', log = '', audit = '']) => ({
    type: code(type),
    facts: factsIn(facts),
    log: wordsOf(log, ['never', 'debug', 'log', 'warn', 'error']),
    audit: wordsOf(audit, ['never', 'noise', 'flood', 'decision']),
  }));
}

function factsIn(cell: string): string[] {
  const names = cell.split(',').map((name) => name.trim());
  return names
    .filter((name) => name !== '')
    .flatMap((name) => SHORT[name] ?? name.replace(/^\*(.*)\*$/, '$1?'))
    .sort();
}

function wordsOf(cell: string, known: readonly string[]): string[] {
  return cell.split(/\W+/).filter((word) => known.includes(word));
}

/** What a definition says of each case, without repetition. */
function said({ type }: EventDefinition, say: (facts: never) => string | undefined): string[] {
  return [...new Set((CASES[type] ?? [{}]).map((facts) => say(facts as never) ?? 'never'))];
}

it('has every type of event that is registered, once, and no other', () => {
  expect(rows.map(({ type }) => type).sort()).toEqual(definitions.map(({ type }) => type).sort());
});

it.each(definitions.map((definition) => [definition.type, definition] as const))(
  '%s is logged and audited as the page says',
  (type, definition) => {
    const row = rows.find((each) => each.type === type);
    expect({ log: row?.log, audit: row?.audit }).toEqual({
      log: said(definition, (facts) => definition.levelOf?.(facts)),
      audit: said(definition, (facts) => definition.weigh?.(facts)),
    });
    // What the page calls noise is what is not kept by itself.
    expect(definition.isAuditedByDefault).toBe(!row?.audit.some((word) => ['never', 'noise'].includes(word)));
  },
);

it('has the facts of every type', () => {
  const facts = Object.fromEntries([...factsOfEvents()].map(([type, names]) => [type, names.sort()]));
  expect(Object.fromEntries(rows.map((row) => [row.type, row.facts]))).toEqual(facts);
}, 60_000);

describe('of what can be caused in any number', () => {
  const proven = {
    request: { subject: 'ada' },
    subject: 'ada',
    upstreamIssuer: 'https://a',
    upstreamSubject: 'b',
  };
  const leak = { credential: 'api-key', id: 'key', leak: 'url', ban: { rule: 'scanner' } };
  const floods = definitions.filter((each) => each.weigh?.({ ...proven, ...leak } as never) === 'flood');
  const typesWithCaller = (facts: object) =>
    floods.filter((each) => each.callerIn(facts as never) !== undefined).map(({ type }) => type);

  it('whoever was proven has a share of their own', () => {
    expect(typesWithCaller({ ...proven, ...leak })).toEqual(floods.map(({ type }) => type));
    expect(floods.length).toBeGreaterThan(10);
  });

  it('nobody else has one', () => {
    const nobody = { request: { keyId: 'named' }, credential: 'api-key', leak: 'url', provider: 'idp' };
    // Only who has proven something is asked for a factor, or issued a token.
    expect(typesWithCaller({ ...nobody, ban: leak.ban })).toEqual(['token.issued', 'factor.failed']);
  });
});
