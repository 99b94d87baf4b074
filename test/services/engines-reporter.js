import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ENGINES = ['SQLite', 'PostgreSQL', 'Redis'];
const LANES = 3;

/** Says at the end which engines were really tested. A run of everything that has not tested each of them fails. */
export default class EnginesReporter {
  #runsAll;
  /** @type {Error | undefined} */
  #error;

  /** @param {import('@jest/reporters').Config.GlobalConfig} config */
  constructor({ testPathPatterns, testNamePattern, onlyChanged, onlyFailures, shard }) {
    const narrowed = [testNamePattern, onlyChanged, onlyFailures, shard].some(Boolean);
    this.#runsAll = !narrowed && testPathPatterns.patterns.length === 0;
  }

  /**
   * @param {ReadonlySet<{ readonly config: { readonly displayName?: { readonly name: string } } }>} contexts those of the lanes
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(contexts, { testResults }) {
    const lanes = new Set([...contexts].map(({ config }) => config.displayName?.name));
    const passed = new Map(
      testResults.map(({ testFilePath, numPassingTests }) => [testFilePath, numPassingTests]),
    );
    /** @type {Map<string, number>} */
    const tested = new Map();
    for (const { engine, version, file } of marks()) {
      const name = `${engine} ${version}`;
      tested.set(name, (tested.get(name) ?? 0) + (passed.get(file) ?? 0));
    }
    const names = [...tested].filter(([, count]) => count > 0).toSorted();
    if (names.length > 0) {
      const list = names.map(([name, count]) => `${name} (${count} tests)`).join(', ');
      process.stderr.write(`Engines:     ${list}\n`);
    }
    const untested = ENGINES.filter((engine) => !names.some(([name]) => name.startsWith(`${engine} `)));
    if (this.#runsAll && lanes.size === LANES && untested.length > 0) {
      this.#error = new Error(`Not tested: ${untested.join(', ')}`);
      process.stderr.write(`${this.#error.message}\n`);
    }
  }

  getLastError() {
    return this.#error;
  }
}

/** What tests have noted, each once: a file may start many servers. */
function marks() {
  const folder = process.env.PORTCULLIS_TESTED_ENGINES ?? '';
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return [...new Set(lines)].filter((line) => line !== '').map((line) => JSON.parse(line));
}
