import { Injectable } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';
import type { FactorKind } from './factor-kind.js';

/** The kinds of factors of this app. */
@Injectable()
export class FactorKinds {
  readonly #kinds = new Map<string, FactorKind>();

  /** @throws PortcullisConfigurationError where there is one of this name */
  add(kind: FactorKind): void {
    if (this.#kinds.has(kind.kind))
      throw new PortcullisConfigurationError([`mfa: there is a kind of factor named ${kind.kind} already`]);
    this.#kinds.set(kind.kind, kind);
  }

  get(kind: string): FactorKind | undefined {
    return this.#kinds.get(kind);
  }

  /** The names of those by which people log in alone. */
  get logins(): readonly string[] {
    return this.all.filter(({ logsIn = false }) => logsIn).map(({ kind }) => kind);
  }

  get all(): readonly FactorKind[] {
    return [...this.#kinds.values()];
  }
}
