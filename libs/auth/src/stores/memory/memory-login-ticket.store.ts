import type { LoginTicketRecord, LoginTicketStore } from '../../mfa/login-ticket.store.js';
import { forgetFirst } from './forget-first.js';
import { frozenCopyOf } from './frozen-copy.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

type Ending = Pick<LoginTicketRecord, 'expiresAt' | 'id'>;

/** Logins of one process that wait for another factor; gone when it ends. */
export class MemoryLoginTicketStore implements LoginTicketStore {
  readonly #tickets = new Map<string, LoginTicketRecord>();
  readonly #byEnd = new SortedEntries<Ending, Ending>(
    (one, other) => one.expiresAt - other.expiresAt || compareTexts(one.id, other.id),
  );

  async insert(ticket: LoginTicketRecord): Promise<void> {
    if (this.#tickets.has(ticket.id)) throw new Error('There is a ticket with this id already');
    this.#tickets.set(ticket.id, frozenCopyOf(ticket));
    const { expiresAt, id } = ticket;
    this.#byEnd.add({ expiresAt, id });
  }

  async find(id: string): Promise<LoginTicketRecord | undefined> {
    return this.#tickets.get(id);
  }

  async beginTry(id: string, most: number, at: number): Promise<LoginTicketRecord | undefined> {
    const ticket = this.#openAt(id, at);
    if (ticket === undefined || ticket.tries >= most) return undefined;
    return this.#change(ticket, { tries: ticket.tries + 1 });
  }

  async use(id: string, at: number): Promise<boolean> {
    const ticket = this.#openAt(id, at);
    if (ticket !== undefined) this.#change(ticket, { usedAt: at });
    return ticket !== undefined;
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const isOver = ({ expiresAt }: Ending) => expiresAt <= time;
    await forgetFirst(this.#byEnd, isOver, (ending) => {
      this.#tickets.delete(ending.id);
      this.#byEnd.remove(ending);
    });
  }

  #openAt(id: string, at: number): LoginTicketRecord | undefined {
    const ticket = this.#tickets.get(id);
    return ticket !== undefined && ticket.usedAt === null && ticket.expiresAt > at ? ticket : undefined;
  }

  #change(ticket: LoginTicketRecord, changes: Partial<LoginTicketRecord>): LoginTicketRecord {
    const changed = Object.freeze({ ...ticket, ...changes });
    this.#tickets.set(ticket.id, changed);
    return changed;
  }
}
