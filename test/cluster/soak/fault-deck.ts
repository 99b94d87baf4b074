import type { Random } from './random.js';
import type { SharedStore } from './stores.js';

const FAULTS = [
  'stop for a while',
  'kill while telling waits',
  'kill in the middle of revocations',
  'kill',
  'cut a link',
  'restart a server',
  'lead to a lost replica',
  'start with a wrong clock',
  'lock a table',
  'lock what ends with users',
  'forget the changes',
  'replace the file',
] as const;
export type Fault = (typeof FAULTS)[number];
/** What breaks in a round, in turn. Where all start anew, or read all anew, nothing stays wrong for long: so in some it is one process alone. */
export const THEMES = ['one process', 'anything'] as const;
export type Theme = (typeof THEMES)[number];
/** What no other shows as well, and no other theme: these come first, in this order. */
export const TELLING: Readonly<Record<Theme, readonly Fault[]>> = {
  'one process': ['lead to a lost replica', 'kill while telling waits', 'lock what ends with users'],
  anything: [
    'start with a wrong clock',
    'forget the changes',
    'replace the file',
    'lead to a lost replica',
    'kill in the middle of revocations',
  ],
};
/** In others than one process. */
const OF_ALL: ReadonlySet<Fault> = new Set([
  'restart a server',
  'lock a table',
  'forget the changes',
  'replace the file',
]);

/** What these leave behind is seen seconds later, and whatever is read anew before hides it: nothing else is begun meanwhile. */
export const ALONE: ReadonlySet<Fault> = new Set(['forget the changes']);

/** Which fault is next: in each theme every one that is possible comes before any comes again. */
export class FaultDeck {
  readonly #decks: Record<Theme, Fault[]> = { 'one process': [], anything: [] };

  constructor(
    private readonly random: Random,
    private readonly store: SharedStore,
    private readonly rightClocks: boolean,
  ) {}

  draw(theme: Theme): Fault {
    const deck = this.#decks[theme];
    if (deck.length === 0) deck.push(...FAULTS.filter((fault) => this.#isPossible(fault, theme)));
    const fault = TELLING[theme].find((each) => deck.includes(each)) ?? this.random.pick(deck);
    deck.splice(deck.indexOf(fault), 1);
    return fault;
  }

  /** It could not be done now, and is still to come. */
  putBack(fault: Fault, theme: Theme): void {
    this.#decks[theme].push(fault);
  }

  #isPossible(fault: Fault, theme: Theme): boolean {
    const { servers, hasClock, mishaps, loseReplica } = this.store;
    if (OF_ALL.has(fault) && theme === 'one process') return false;
    switch (fault) {
      case 'stop for a while':
      case 'kill in the middle of revocations':
      case 'kill':
        return true;
      case 'cut a link':
      case 'restart a server':
        return servers.length > 0;
      case 'kill while telling waits':
        return mishaps.some(({ name }) => name === 'lock the changes');
      case 'lead to a lost replica':
        return loseReplica !== undefined;
      case 'start with a wrong clock':
        return hasClock && !this.rightClocks;
      default:
        return mishaps.some(({ name }) => name === fault);
    }
  }
}
