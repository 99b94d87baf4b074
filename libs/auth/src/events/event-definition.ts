import type { LogLevel } from '@nestjs/common';
import { callerOf } from './proven-caller.js';
import type { RequestFacts, SecurityEventType, SecurityEventTypes } from './security-event.js';

/**
 * What an event weighs in the audit log. `decision`: somebody, or a proven credential, caused it. `flood`: it can be caused as often as
 * somebody likes; it gives way to decisions, and what a proven caller has caused has a share of its own. `noise`: it comes all the time,
 * and is only kept on request.
 */
export type AuditWeight = 'decision' | 'flood' | 'noise';

/** The names by which an event is found again in the audit log. */
export interface AuditNames {
  /** Who changed something. */
  readonly actor?: string | undefined;
  /** The user whom it is about. */
  readonly subject?: string | undefined;
  /** The app that it is about. */
  readonly appId?: string | undefined;
  /** The API key or personal token that it is about; of a leak, the public name of whatever credential it was. */
  readonly keyId?: string | undefined;
  /** Where it came from, or the network that it is about in CIDR notation. */
  readonly address?: string | undefined;
  /** The request by which it was done. */
  readonly requestId?: string | undefined;
}

/** How events of one type are kept in the audit log. */
export interface AuditRule<Facts> {
  /** A function where single events differ: such a type is kept by default. */
  readonly weight: AuditWeight | ((facts: Facts) => 'decision' | 'flood');
  /** Names that the facts don't have under the names of {@link AuditNames}, neither themselves nor in their `request`. */
  readonly names?: (facts: Facts) => AuditNames;
  /** Who has proven to be behind it, as one text. By default whoever has proven to be behind its `request`. */
  readonly caller?: (facts: Facts) => string | undefined;
}

/** How events of one type are written to Nest's logger. */
export interface LogRule<Facts> {
  readonly level: LogLevel | ((facts: Facts) => LogLevel);
  readonly line: (facts: Facts) => string;
}

/** One type of event, with all that the audit log and the log need to know of it. */
export interface EventDefinition<Type extends SecurityEventType = SecurityEventType> {
  readonly type: Type;
  // Methods, so that a definition of one type is one of any type.
  /** Undefined: events of this type are never kept. */
  weigh?(facts: SecurityEventTypes[Type]): AuditWeight;
  /** Whether the audit log keeps them where the options name no types. */
  readonly isAuditedByDefault: boolean;
  /** Names for the audit log, besides those that the facts have. */
  namesIn(facts: SecurityEventTypes[Type]): AuditNames;
  /** Who has proven to be behind it, as one text: they have a share of their own in the audit log. */
  callerIn(facts: SecurityEventTypes[Type]): string | undefined;
  /** Undefined: events of this type are never logged. */
  levelOf?(facts: SecurityEventTypes[Type]): LogLevel;
  lineOf(facts: SecurityEventTypes[Type]): string;
}

/** The two rules that every event has to have. */
export interface EventRules<Facts> {
  readonly audit: 'never' | AuditWeight | AuditRule<Facts>;
  readonly log: 'never' | LogRule<Facts>;
}

/** Defines an event. Its type has to be among {@link SecurityEventTypes}, and whoever registers it registers it once. */
export function defineEvent<Type extends SecurityEventType>(
  type: Type,
  { audit, log }: EventRules<SecurityEventTypes[Type]>,
): EventDefinition<Type> {
  const rule: Partial<AuditRule<SecurityEventTypes[Type]>> = typeof audit === 'object' ? audit : {};
  const { names = () => ({}), caller = callerOfRequest } = rule;
  const weight = typeof audit === 'object' ? audit.weight : audit;
  const level = log === 'never' ? undefined : log.level;
  return Object.freeze({
    type,
    ...(weight !== 'never' && { weigh: typeof weight === 'function' ? weight : () => weight }),
    isAuditedByDefault: weight !== 'never' && weight !== 'noise',
    namesIn: names,
    callerIn: caller,
    ...(level !== undefined && { levelOf: typeof level === 'function' ? level : () => level }),
    lineOf: log === 'never' ? () => type : log.line,
  });
}

function callerOfRequest(facts: object): string | undefined {
  const { request } = facts as { readonly request?: RequestFacts };
  return request && callerOf(request);
}

/** A request, for a line of the log. */
export function describeRequest({ method, path, address, requestId }: RequestFacts): string {
  return `${method} ${path} from ${address} (request ${requestId})`;
}
