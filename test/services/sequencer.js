import { createRequire } from 'node:module';

/** @type {typeof import('@jest/test-sequencer').default} */
const TestSequencer = createRequire(import.meta.url)('@jest/test-sequencer').default;

/**
 * Tests of servers mostly wait, those of whole apps compute: turn by turn, beside each other. The short ones come last, so that no
 * worker is left alone with a long one; which is long is not known on a clean checkout.
 */
export default class Sequencer extends TestSequencer {
  /**
   * @override
   * @param {Parameters<InstanceType<typeof TestSequencer>['sort']>[0]} tests
   */
  async sort(tests) {
    const sorted = await super.sort(tests);
    /** @param {string} name */
    const lane = (name) => sorted.filter(({ context }) => context.config.displayName?.name === name);
    return [...alternately(lane('servers'), lane('e2e')), ...lane('unit')];
  }
}

/**
 * @template T
 * @param {readonly T[]} some
 * @param {readonly T[]} others
 */
function alternately(some, others) {
  const turns = Array.from({ length: Math.max(some.length, others.length) }, (_, turn) => turn);
  return turns.flatMap((turn) => [...some.slice(turn, turn + 1), ...others.slice(turn, turn + 1)]);
}
