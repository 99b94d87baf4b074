import type { Ban, BanFilter, BanService } from '@portcullis/auth';
import { argumentsOf, noneOf } from '../arguments.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printable, printableJson } from '../printable.js';
import { theOneOf } from './ban-arguments.js';
import { explanationOf, HEADLINE, lineOf } from './ban-lines.js';
import { readBans, STORE } from './ban-place.js';

const PAGE = 1_000;

/** `portcullis bans list` */
export async function listBans(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, {
    ...STORE,
    target: { type: 'string' },
    rule: { type: 'string' },
    all: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  noneOf(positionals);
  const { target, rule, all = false, json = false } = values;
  const filter: BanFilter = {
    state: all ? 'any' : 'active',
    ...(target !== undefined && { target }),
    ...(rule !== undefined && { rule }),
  };
  let count = 0;
  await readBans(values, async ({ bans }) => {
    for await (const ban of everyBan(bans, filter)) {
      if (count++ === 0 && !json) output.say(HEADLINE);
      output.say(json ? printableJson(ban) : lineOf(ban, Date.now()));
    }
  });
  if (count === 0 && !json) output.remark('There are no such bans.');
  return EXIT.clean;
}

/** `portcullis bans why` */
export async function explainBans(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, { ...STORE, json: { type: 'boolean' } });
  const target = theOneOf(positionals, 'address');
  const records = await readBans(values, ({ bans }) => bans.why(target));
  for (const record of records) {
    if (values.json) output.say(printableJson(record));
    else for (const line of explanationOf(record, Date.now())) output.say(line);
  }
  if (records.length === 0 && !values.json) output.remark(`Nothing is known of ${printable(target)}.`);
  return EXIT.clean;
}

/** Every ban that matches, page by page. */
export async function* everyBan(bans: BanService, filter: BanFilter): AsyncGenerator<Ban, void, void> {
  let cursor: string | undefined;
  do {
    const page = await bans.list({ ...filter, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield* page.bans;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
