import { type AuditEntry, MAX_NAME_LENGTH } from './audit.store.js';
import type { AuditedEvent } from './audited-events.js';

/** The longest text among an entry's facts, in UTF-16 code units: an attacker chooses some of them. */
const MAX_TEXT_LENGTH = 1_000;

/** What tells one entry from all others. */
export type Stamp = Pick<AuditEntry, 'id' | 'at'>;
type Names = Omit<AuditEntry, 'id' | 'at' | 'type' | 'facts'>;

export const NO_NAMES: Names = {
  actor: null,
  subject: null,
  appId: null,
  keyId: null,
  address: null,
  requestId: null,
};

/** An event as it is kept: a copy that shares nothing with it, not even the memory of its texts. */
export function entryOf({ type, ...facts }: AuditedEvent, stamp: Stamp): AuditEntry {
  const kept = JSON.parse(JSON.stringify(facts, (_, value) => shortened(value, MAX_TEXT_LENGTH)));
  return { ...stamp, type, ...namesIn(kept), facts: kept };
}

/** A name as entries have it, for finding them by it. */
export function shortName(name: string): string {
  return shortened(name, MAX_NAME_LENGTH);
}

/** A network as entries name it: one that is a single address, as that. */
export function addressOf(network: string): string {
  const single = network.includes(':') ? '/128' : '/32';
  return network.endsWith(single) ? network.slice(0, -single.length) : network;
}

/** Each is where the one or the other event has it. */
interface TellingNames extends Readonly<Record<string, unknown>> {
  readonly request?: Readonly<Record<string, string>>;
  readonly ban?: { readonly network: string };
  readonly revocation?: { readonly subject?: string };
  readonly credential?: string;
}

function namesIn(facts: TellingNames): Names {
  const { request = {}, ban, revocation } = facts;
  const of = (name: keyof Names, otherwise?: unknown): string | null => {
    const value = facts[name] ?? request[name] ?? otherwise;
    return typeof value === 'string' ? shortName(value) : null;
  };
  return {
    actor: of('actor'),
    subject: of('subject', revocation?.subject),
    appId: of('appId'),
    keyId: of('keyId', facts.credential === 'api-key' ? facts.id : undefined),
    address: of('address', ban && addressOf(ban.network)),
    requestId: of('requestId'),
  };
}

function shortened<T>(value: T, length: number): T | string {
  return typeof value === 'string' && value.length > length ? `${value.slice(0, length - 1)}…` : value;
}
