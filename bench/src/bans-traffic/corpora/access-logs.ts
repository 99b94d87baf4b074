import { casesOf } from '../log-lines.js';
import type { CorpusReader } from '../traffic-case.js';
import { textsBelow } from './folders.js';

const BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** What a public site was asked for by everybody, crawlers among them: nobody of it is to be banned. */
export const apacheLogs: CorpusReader = (folder) =>
  textsBelow(folder, 'logs').flatMap(({ text }) =>
    casesOf(text, (address) => ({ group: "elastic's log of a site", name: address, isAttack: false })),
  );

/** What scanners have sent, once as they were and once as if they were browsers. */
export const scannerLogs: CorpusReader = (folder) =>
  textsBelow(folder, '.txt').flatMap(({ name, text }) =>
    [false, true].flatMap((isHidden) =>
      casesOf(text, (_, sent) =>
        sent.length < 100
          ? undefined
          : {
              group: `${name.replace('.txt', '')}${isHidden ? ', agent replaced' : ''}`,
              name,
              isAttack: true,
            },
      ).map((each) => (isHidden ? { ...each, requests: each.requests.map(asBrowser) } : each)),
    ),
  );

function asBrowser<T extends { readonly headers: Readonly<Record<string, string>> }>(request: T): T {
  return { ...request, headers: { ...request.headers, 'user-agent': BROWSER } };
}
