import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { BanExemptions } from '../ban-exemptions.js';
import { activeBanPages } from '../ban-query.js';
import { BanSet } from '../ban-set.js';
import { BAN_SETTINGS, type BanSettings } from '../ban-settings.js';
import { BAN_LIST_FORMATS, type BanExportFormat } from './ban-list.js';
import { banListWriter } from './ban-list-writers.js';
import { exportedBan } from './format-ban-list.js';

/** Characters that are handed on together. */
const BLOCK = 65_536;

/** Writes the bans in force as a list for others, or as a file for the firewall. */
@Injectable()
export class BanExport {
  constructor(
    private readonly exemptions: BanExemptions,
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
  ) {}

  /**
   * Every ban in force as text in pieces that end with a line. Left out are shadows, and bans that hold for nobody here because
   * the whole network is in one that is allowed or in a trusted proxy's: a firewall knows of neither. Bans are read from the store as the
   * pieces are asked for.
   *
   * @returns pieces of which any but the first may fail: what was read by then is no whole list
   */
  async write(format: BanExportFormat): Promise<AsyncIterable<string>> {
    const blocks = this.#blocks(format);
    // What fails at once is to fail here.
    const first = await blocks.next();
    return { [Symbol.asyncIterator]: () => new Blocks(first, blocks) };
  }

  /** After each page there is one, if an empty one. */
  async *#blocks(format: BanExportFormat): AsyncGenerator<string, void, void> {
    const now = this.options.now();
    const writer = banListWriter(format, now);
    // Firewalls' files are put in order before they are written, and find by that what comes twice.
    const listed = BAN_LIST_FORMATS.some((each) => each === format) ? new BanSet() : undefined;
    for await (const page of activeBanPages(this.options.stores.bans, now)) {
      let block = '';
      for (const { shadow, ...ban } of page) {
        const exported = shadow ? undefined : exportedBan(ban, now);
        // What lasts longest comes first.
        if (exported === undefined || listed?.has(exported.network) || this.exemptions.hold(exported.network))
          continue;
        listed?.add({ network: exported.network.text, expiresAt: ban.expiresAt });
        block += writer.add(exported);
      }
      yield block;
    }
    for (const block of inBlocks(writer.end())) {
      yield block;
      await nextTurn();
    }
  }
}

/** All of them but the empty ones. Whoever leaves in the middle ends the reading with the page that is being read. */
class Blocks implements AsyncIterator<string, void> {
  #first: IteratorResult<string, void> | undefined;
  #isLeft = false;

  constructor(
    first: IteratorResult<string, void>,
    private readonly rest: AsyncGenerator<string, void, void>,
  ) {
    this.#first = first;
  }

  async next(): Promise<IteratorResult<string, void>> {
    for (;;) {
      const block = this.#first ?? (await this.rest.next());
      this.#first = undefined;
      if (block.done || block.value !== '' || this.#isLeft) return block;
    }
  }

  return(): Promise<IteratorResult<string, void>> {
    this.#isLeft = true;
    return this.rest.return();
  }
}

function* inBlocks(pieces: Iterable<string>): Iterable<string> {
  let block = '';
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}
