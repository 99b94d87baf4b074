import { portcullis } from '../support/command.js';
import { blocksOf, readPage, repository } from '../support/pages.js';
import { headingsOf } from './page-tables.js';

const PAGE = 'docs/reference/command.md';
const verbs = await headingsOf(PAGE);
const blocks = await blocksOf(PAGE);
const at = { path: repository };

it('shows the usage of each verb, one after another, as the command itself does', async () => {
  const shown = blocks.map(({ text }) => text).join('');
  for (const help of ['--help', '-h']) {
    const { code, lines, remarks } = await portcullis(at, help);
    expect([code, `${lines.join('\n')}\n`, remarks]).toEqual([0, shown, '']);
  }
});

it.each(verbs)('shows what portcullis %s --help says', async (verb) => {
  const { code, lines, remarks } = await portcullis(at, verb, '--help');
  const [, text] =
    new RegExp(`^## ${verb}\n.*?^\`\`\`text\n(.*?)^\`\`\`$`, 'ms').exec(await readPage(PAGE)) ?? [];
  expect([code, `${lines.join('\n')}\n`, remarks]).toEqual([0, text, '']);
});
