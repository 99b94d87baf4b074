import type { AuditNames } from '../events/event-definition.js';
import type { SecurityEvent } from '../events/security-event.js';
import { type AuditEntry, MAX_NAME_LENGTH } from './audit.store.js';

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

/**
 * An event as it is kept: a copy that shares nothing with it, not even the memory of its texts.
 *
 * @param names the names that its definition finds in it
 */
export function entryOf({ type, ...facts }: SecurityEvent, names: AuditNames, stamp: Stamp): AuditEntry {
  const kept = JSON.parse(JSON.stringify(facts, (_, value) => shortened(value, MAX_TEXT_LENGTH)));
  return { ...stamp, type, ...namesFor(kept, names), facts: kept };
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

interface Facts extends Readonly<Record<string, unknown>> {
  readonly request?: Readonly<Record<string, unknown>>;
}

/** What the event itself says goes before what is said of its request, and that before what its definition finds in it. */
function namesFor(facts: Facts, found: AuditNames): Names {
  const { request = {} } = facts;
  const of = (name: keyof Names): string | null => {
    const value = facts[name] ?? request[name] ?? found[name];
    return typeof value === 'string' ? shortName(value) : null;
  };
  const address = of('address');
  return {
    actor: of('actor'),
    subject: of('subject'),
    appId: of('appId'),
    keyId: of('keyId'),
    address: address === null ? null : addressOf(address),
    requestId: of('requestId'),
  };
}

function shortened<T>(value: T, length: number): T | string {
  return typeof value === 'string' && value.length > length ? `${value.slice(0, length - 1)}…` : value;
}
