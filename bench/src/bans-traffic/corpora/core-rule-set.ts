import { join } from 'node:path';
import { parse } from 'yaml';
import type { CorpusReader, TrafficCase } from '../traffic-case.js';
import { textsBelow } from './folders.js';

interface RegressionTests {
  readonly rule_id: number;
  readonly tests: readonly {
    readonly test_id: number;
    readonly stages: readonly {
      readonly input: {
        readonly method?: string;
        readonly uri?: string;
        readonly headers?: Readonly<Record<string, string>>;
        readonly data?: string;
        readonly encoded_request?: string;
      };
      readonly output: {
        readonly log?: {
          readonly expect_ids?: readonly number[];
          readonly no_expect_ids?: readonly number[];
        };
      };
    }[];
  }[];
}

/** What is asked of us, by the number that a rule's id begins with. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ 930: 'LFI', 931: 'RFI', 932: 'RCE', 933: 'PHP', 934: 'generic', 941: 'XSS', 942: 'SQLi', 944: 'Java' },
  ...{ 913: 'scanners', 921: 'protocol', 943: 'session fixation' },
};

/** So many honest requests come from one address. */
const TOGETHER = 20;

/** The regression tests of OWASP's Core Rule Set, as far as a URL or a header carries what they are about. */
export const coreRuleSet: CorpusReader = (folder) => {
  const levels = levelsIn(folder);
  const cases = textsBelow(join(folder, 'tests/regression/tests'), '.yaml').flatMap(({ text }) =>
    casesOf(parse(text) as RegressionTests | null, levels),
  );
  return [
    ...cases.filter(({ isAttack }) => isAttack),
    ...together(cases.filter(({ isAttack }) => !isAttack)),
  ];
};

/** The paranoia level of each rule. */
function levelsIn(folder: string): Map<number, number> {
  const levels = new Map<number, number>();
  for (const { text } of textsBelow(join(folder, 'rules'), '.conf')) {
    for (const rule of text.split(/\n(?=Sec)/)) {
      const id = /\bid:(\d+)/.exec(rule)?.[1];
      const level = /paranoia-level\/(\d)/.exec(rule)?.[1];
      if (id !== undefined && level !== undefined) levels.set(Number(id), Number(level));
    }
  }
  return levels;
}

function casesOf(file: RegressionTests | null, levels: ReadonlyMap<number, number>): TrafficCase[] {
  const { rule_id: id = 0, tests = [] } = file ?? {};
  const kind = KINDS[String(id).slice(0, 3)];
  return tests.flatMap(({ test_id: test, stages }) =>
    stages.slice(0, 1).flatMap(({ input, output }) => {
      const { method = 'GET', uri = '/', headers = {}, data, encoded_request: encoded } = input;
      const { expect_ids: expected = [], no_expect_ids: unexpected = [] } = output.log ?? {};
      if (data !== undefined || encoded !== undefined || expected.length + unexpected.length === 0) return [];
      const isAttack = expected.includes(id);
      if (isAttack && (kind === undefined || levels.get(id) !== 1)) return [];
      const sent = Object.fromEntries(
        Object.entries(headers)
          .map(([name, value]) => [name.toLowerCase(), String(value)])
          .filter(
            ([name]) =>
              !/^(?:host|connection|content-length|transfer-encoding|expect|upgrade)$/.test(name ?? ''),
          ),
      );
      return [
        {
          group: isAttack ? `CRS, ${kind}` : 'CRS, must not fire, 20 from one address',
          name: `${id}-${test}`,
          isAttack,
          requests: [{ method, target: uri, headers: sent, status: undefined, at: 0 }],
        },
      ];
    }),
  );
}

/** A name decides for its case alone, so what is put together is of one part. */
function together(cases: readonly TrafficCase[]): TrafficCase[] {
  return cases.map((each) => ({ ...each, joins: TOGETHER }));
}
