import { sourceTree } from './tree.js';

/** Sources of the packages, without their tests. */
const sources = [...sourceTree()].filter(([file]) => file.startsWith('libs/') && !/spec\.ts$/.test(file));
/** A pause that becomes longer each time, up to a longest one. */
const GROWING = /Math\.min\([^;]*\b2 \*{1,2} /;
/** A number that is no secret is drawn for nothing else. */
const BY_CHANCE = /\bMath\.random\(\)|\bbyChance\(/;
/** Tries the same again while somebody is in the way. */
const TRYING_AGAIN = /\bfor \((;;|let tries\b).{0,200}\bcatch\b.{0,300}\b(setTimeout|pause)\(/s;
/** How long somebody else has to wait, by a rule that is told to them. */
const TOLD = ['libs/auth/src/bans/account-attempts.ts', 'libs/auth/src/stores/memory/memory-factor-tries.ts'];

describe('whoever tries again', () => {
  it.each([
    ['after pauses that grow', GROWING],
    ['after pauses', TRYING_AGAIN],
  ])('%s waits by chance, so that not all come at once when something is back', (_, pattern) => {
    const found = sources.filter(([, source]) => pattern.test(source));
    expect(found.length).toBeGreaterThan(1);
    const bare = found.filter(([file, source]) => !BY_CHANCE.test(source) && !TOLD.includes(file));
    expect(bare.map(([file]) => file)).toEqual([]);
  });
});
