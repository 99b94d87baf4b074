import type { BanList, BanListProblem, ListedNetwork } from './ban-list.js';
import { networkNameOf } from './list-network.js';
import { quoted, reasonText } from './list-text.js';

/** Nothing bigger has a single owner who could deserve it, and a list must not be able to shut out the internet. */
const SHORTEST_PREFIX = { 4: 8, 6: 19 } as const;

const KEPT_PROBLEMS = 100;

/** A power of two. */
const PARTS = 64;

/** Why an entry is left out, and what is quoted of it. */
export type Refusal = readonly [problem: string, text?: string];

/** Gathers what a list names. */
export class ListEntries {
  readonly #networks: ListedNetwork[] = [];
  /** Where each network is. In parts: to give one map of a million more room takes longer than requests may wait. */
  readonly #places = Array.from({ length: PARTS }, () => new Map<string, number>());
  readonly #problems: BanListProblem[] = [];
  #furtherProblems = 0;

  /** Takes an entry, or says why not; of two for one network the one that lasts longer stays. */
  add(text: string, reason?: unknown, expiresAt?: number): Refusal | undefined {
    const network = networkNameOf(text);
    if (network === undefined) return ['neither an address nor a network', text];
    const shortest = SHORTEST_PREFIX[network.version as 4 | 6];
    if (network.prefixLength < shortest)
      return [`a network bigger than /${shortest}, which no list may ban`, text];
    const places = this.#places[partOf(network.text)] as Map<string, number>;
    const place = places.get(network.text) ?? this.#networks.length;
    const existing = this.#networks[place];
    if (existing !== undefined && endOf(existing) >= endOf({ expiresAt })) return undefined;
    if (existing === undefined) places.set(network.text, place);
    const why = reasonText(reason);
    this.#networks[place] = {
      network: network.text,
      ...(why !== undefined && { reason: why }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
    return undefined;
  }

  /** Notes that an entry is left out. */
  refuse(line: number, [problem, text]: Refusal): void {
    if (this.#problems.length === KEPT_PROBLEMS) this.#furtherProblems++;
    else this.#problems.push({ line, problem: text === undefined ? problem : `${problem}: ${quoted(text)}` });
  }

  result(): BanList {
    return {
      networks: this.#networks,
      problems: this.#problems,
      furtherProblems: this.#furtherProblems,
    };
  }
}

function partOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (hash * 31 + text.charCodeAt(at)) | 0;
  return hash & (PARTS - 1);
}

function endOf({ expiresAt }: { readonly expiresAt?: number | undefined }): number {
  return expiresAt ?? Number.POSITIVE_INFINITY;
}
