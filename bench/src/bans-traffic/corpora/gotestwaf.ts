import { basename, join } from 'node:path';
import { parse } from 'yaml';
import type { CorpusReader, SentRequest, TrafficCase } from '../traffic-case.js';
import { textsBelow } from './folders.js';

interface Cases {
  readonly payload?: readonly string[];
  readonly encoder?: readonly string[];
  readonly placeholder?: readonly (string | Readonly<Record<string, unknown>>)[];
}

const ENCODERS: Readonly<Record<string, (text: string) => string>> = {
  Plain: (text) => text,
  URL: (text) => encodeURIComponent(text),
};

const PLACES: Readonly<Record<string, (text: string) => Pick<SentRequest, 'target' | 'headers'>>> = {
  URLParam: (text) => ({ target: `/?a1b2c3=${text}`, headers: {} }),
  URLPath: (text) => ({ target: `/${text}`, headers: {} }),
  UserAgent: (text) => ({ target: '/', headers: { 'user-agent': text } }),
};

/** So many honest requests come from one address. */
const TOGETHER = 20;

/** The cases of GoTestWAF that a path, a query or a user agent carries. */
export const gotestwaf: CorpusReader = (folder) =>
  textsBelow(join(folder, 'testcases'), '.yml').flatMap(({ name, path, text }) => {
    const { payload = [], encoder = [], placeholder = [] } = parse(text.replaceAll("\\'", "'")) as Cases;
    const isAttack = !path.includes('false-pos');
    const places = placeholder.filter((place) => typeof place === 'string' && place in PLACES) as string[];
    return payload.flatMap((each, index) =>
      places.flatMap((place) =>
        encoder
          .filter((encoding) => encoding in ENCODERS)
          .map((encoding): TrafficCase => {
            const encoded = ENCODERS[encoding]?.(String(each)) ?? '';
            const sent = PLACES[place]?.(encoded) ?? { target: '/', headers: {} };
            return {
              group: isAttack ? 'GoTestWAF, attacks' : 'GoTestWAF, what people write, 20 from one address',
              name: `${basename(name, '.yml')}:${index}`,
              isAttack,
              requests: [{ method: 'GET', status: undefined, at: 0, ...sent }],
              ...(!isAttack && { joins: TOGETHER }),
            };
          }),
      ),
    );
  });
