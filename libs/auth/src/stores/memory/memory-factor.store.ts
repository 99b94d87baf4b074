import {
  type FactorOwner,
  type FactorRecord,
  type FactorStore,
  type FactorTries,
  MOST_FACTORS,
  type TryLimits,
} from '../../mfa/factor.store.js';
import { forgetFirst } from './forget-first.js';
import { frozenCopyOf } from './frozen-copy.js';
import { MemoryFactorTries } from './memory-factor-tries.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

type Made = Pick<FactorRecord, 'createdAt' | 'id'>;

/** Second factors of one process; gone when it ends. */
export class MemoryFactorStore implements FactorStore {
  readonly #factors = new Map<string, FactorRecord>();
  readonly #byId = new SortedEntries<Pick<FactorRecord, 'id'>, FactorRecord>((one, other) =>
    compareTexts(one.id, other.id),
  );
  readonly #idsByHandle = new Map<string, string>();
  readonly #idsByOwner = new Map<string, Set<string>>();
  readonly #unconfirmed = new SortedEntries<Made, FactorRecord>(oldestFirst);
  readonly #codes = new Map<string, Set<string>>();
  readonly #tries = new MemoryFactorTries();

  async insert(factor: FactorRecord): Promise<void> {
    if (this.#factors.has(factor.id)) throw new Error(`There is a factor with the id ${factor.id} already`);
    const ids = this.#idsByOwner.get(ownerOf(factor)) ?? new Set();
    if (ids.size >= MOST_FACTORS) throw new Error(`No user may have more than ${MOST_FACTORS} factors`);
    if (factor.handle !== null) {
      const handle = handleOf(factor.kind, factor.handle);
      if (this.#idsByHandle.has(handle)) throw new Error('There is a factor with this handle already');
      this.#idsByHandle.set(handle, factor.id);
    }
    this.#keep(frozenCopyOf(factor));
    this.#idsByOwner.set(ownerOf(factor), ids.add(factor.id));
  }

  async find(id: string): Promise<FactorRecord | undefined> {
    return this.#factors.get(id);
  }

  async findByHandle(kind: string, handle: string): Promise<FactorRecord | undefined> {
    return this.#factors.get(this.#idsByHandle.get(handleOf(kind, handle)) ?? '');
  }

  async list(owner: FactorOwner): Promise<readonly FactorRecord[]> {
    return this.#of(owner).sort(oldestFirst);
  }

  async confirm(id: string, position: number, at: number): Promise<boolean> {
    const factor = this.#factors.get(id);
    if (factor === undefined || factor.confirmedAt !== null) return false;
    this.#change(factor, { confirmedAt: at, lastUsedAt: at, position });
    return true;
  }

  async useStep(id: string, step: number, at: number): Promise<boolean> {
    return this.#use(id, step, at, (position) => position < step);
  }

  async useCounter(id: string, counter: number, at: number): Promise<boolean> {
    return this.#use(id, counter, at, (position) => position < counter || (counter === 0 && position === 0));
  }

  async replaceCodes(id: string, codeHashes: readonly string[]): Promise<void> {
    if (!this.#factors.has(id)) throw new Error(`There is no factor with the id ${id}`);
    this.#codes.set(id, new Set(codeHashes));
  }

  async useCode(id: string, codeHash: string, at: number): Promise<boolean> {
    const factor = this.#factors.get(id);
    if (factor === undefined || factor.confirmedAt === null) return false;
    if (!this.#codes.get(id)?.delete(codeHash)) return false;
    this.#change(factor, { lastUsedAt: at });
    return true;
  }

  async countCodes(id: string): Promise<number> {
    return this.#codes.get(id)?.size ?? 0;
  }

  async beginTry(tries: FactorTries, limits: TryLimits, at: number): Promise<number> {
    return this.#tries.begin(tries, limits, at);
  }

  async forgetTries(tries: FactorTries): Promise<void> {
    this.#tries.forget(tries);
  }

  async replaceData(id: string, before: string, data: string): Promise<boolean> {
    const factor = this.#factors.get(id);
    if (factor === undefined || factor.data !== before) return false;
    this.#change(factor, { data });
    return true;
  }

  async listAll(after: string | undefined, limit: number): Promise<readonly FactorRecord[]> {
    return this.#byId.first({ after: after === undefined ? undefined : { id: after }, limit }, () => true);
  }

  async rename(id: string, name: string | null): Promise<boolean> {
    const factor = this.#factors.get(id);
    if (factor !== undefined) this.#change(factor, { name });
    return factor !== undefined;
  }

  async remove(id: string, keepOneOf: readonly string[]): Promise<boolean> {
    const factor = this.#factors.get(id);
    if (factor === undefined || this.#isLastOf(keepOneOf, factor)) return false;
    this.#forget(factor);
    return true;
  }

  async forgetUnconfirmedBefore(time: number): Promise<void> {
    const isOld = ({ createdAt }: Made) => createdAt <= time;
    await forgetFirst(this.#unconfirmed, isOld, (factor) => this.#forget(factor));
  }

  #use(id: string, position: number, at: number, isNext: (position: number) => boolean): boolean {
    const factor = this.#factors.get(id);
    if (factor === undefined || factor.confirmedAt === null || !isNext(factor.position)) return false;
    this.#change(factor, { position, lastUsedAt: at });
    return true;
  }

  #isLastOf(kinds: readonly string[], factor: FactorRecord): boolean {
    const counts = ({ kind, confirmedAt }: FactorRecord) => confirmedAt !== null && kinds.includes(kind);
    return counts(factor) && this.#of(factor).filter(counts).length === 1;
  }

  #of(owner: FactorOwner): FactorRecord[] {
    const ids = [...(this.#idsByOwner.get(ownerOf(owner)) ?? [])];
    return ids.map((id) => this.#factors.get(id)).filter((factor) => factor !== undefined);
  }

  #keep(factor: FactorRecord): void {
    this.#factors.set(factor.id, factor);
    this.#byId.add(factor);
    if (factor.confirmedAt === null) this.#unconfirmed.add(factor);
  }

  #change(factor: FactorRecord, changes: Partial<FactorRecord>): void {
    this.#byId.remove(factor);
    this.#unconfirmed.remove(factor);
    this.#keep(Object.freeze({ ...factor, ...changes }));
  }

  #forget(factor: FactorRecord): void {
    this.#factors.delete(factor.id);
    this.#byId.remove(factor);
    this.#unconfirmed.remove(factor);
    this.#codes.delete(factor.id);
    if (factor.handle !== null) this.#idsByHandle.delete(handleOf(factor.kind, factor.handle));
    const ids = this.#idsByOwner.get(ownerOf(factor));
    ids?.delete(factor.id);
    if (ids?.size === 0) this.#idsByOwner.delete(ownerOf(factor));
  }
}

function oldestFirst(one: Made, other: Made): number {
  return one.createdAt - other.createdAt || compareTexts(one.id, other.id);
}

function ownerOf({ issuer, subject }: FactorOwner): string {
  return JSON.stringify([issuer, subject]);
}

function handleOf(kind: string, handle: string): string {
  return JSON.stringify([kind, handle]);
}
