import { hash, randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type ChangeOf, type Replica, Replicator, SecurityEvents } from '@portcullis/auth';
import { HANDHELDS_BLOCKED } from './depot-changes.js';
import { HANDHELD_BLOCKED } from './depot-events.js';
import { HANDHELD_STORE, type Handheld, type HandheldStore } from './handheld.store.js';

/** The life of handhelds. What is blocked on one instance is refused on all of them. */
@Injectable()
export class Handhelds implements OnModuleInit, Replica<'handhelds'> {
  readonly follows = HANDHELDS_BLOCKED;
  /** What was looked up, until it changes. */
  readonly #known = new Map<string, Handheld>();
  /** Counts changes: an answer that the store gave before one of them is not remembered after it. */
  #changes = 0;

  constructor(
    @Inject(HANDHELD_STORE.token) private readonly store: HandheldStore,
    private readonly replicator: Replicator,
    private readonly events: SecurityEvents,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.replicator.follow(this);
  }

  /** Another instance, or this one, has blocked some. */
  take({ blocked }: ChangeOf<'handhelds'>): void {
    this.#changes++;
    for (const id of blocked) this.#known.delete(id);
  }

  /** Something may have been missed. */
  async reload(): Promise<void> {
    this.#changes++;
    this.#known.clear();
  }

  /** @returns the token, which is shown here once */
  async enrol(id: string, depot: string): Promise<string> {
    const token = `hnd_${id}_${randomBytes(32).toString('base64url')}`;
    await this.store.insert({ id, depot, tokenHash: hash('sha256', token), isBlocked: false });
    return token;
  }

  async block(id: string, actor: string, reason: string): Promise<void> {
    if (!(await this.store.block(id))) return;
    this.take({ kind: 'handhelds', blocked: [id] });
    this.events.emit(HANDHELD_BLOCKED, { handheldId: id, actor, reason });
    await this.replicator.publish(HANDHELDS_BLOCKED, { blocked: [id] });
  }

  /** The handheld that a token is of, unless it is blocked; a promise only where it has to be looked up. */
  find(token: string): Handheld | undefined | Promise<Handheld | undefined> {
    const [, id = ''] = token.split('_');
    const known = this.#known.get(id);
    return known === undefined ? this.#lookUp(id, token) : unlessWrong(known, token);
  }

  async #lookUp(id: string, token: string): Promise<Handheld | undefined> {
    const before = this.#changes;
    const handheld = unlessWrong(await this.store.find(id), token);
    if (handheld === undefined) return undefined;
    if (before !== this.#changes) return this.#lookUp(id, token);
    this.#known.set(id, handheld);
    return handheld;
  }
}

function unlessWrong(handheld: Handheld | undefined, token: string): Handheld | undefined {
  return handheld?.isBlocked === false && handheld.tokenHash === hash('sha256', token) ? handheld : undefined;
}
