// What of this room the package gives away.

export { type EnrolledFactor, type Enroller, Enrolments } from './enrolments.js';
export {
  type FactorOwner,
  type FactorRecord,
  type FactorStore,
  type FactorTries,
  MOST_FACTORS,
  type TryLimits,
} from './factor.store.js';
export type { FactorAsker, FactorKind, ProvenFactor } from './factor-kind.js';
export { FactorKinds } from './factor-kinds.js';
export { type Factor, FactorService, type NewFactor } from './factor-service.js';
export type { LoginTicketRecord, LoginTicketStore } from './login-ticket.store.js';
export type { OpenTicket, TicketBearer } from './login-tickets.js';
export { PortcullisMfaModule, type PortcullisMfaOptions } from './mfa.module.js';
export { MfaOptions, type MfaPolicy, type MfaRequirement } from './mfa.options.js';
export type { FactorFacts } from './mfa-events.js';
export type {} from './mfa-refusals.js';
export {
  stepAt,
  TOTP_ALGORITHMS,
  TOTP_PERIOD_SECONDS,
  type TotpAlgorithm,
  type TotpParameters,
  totpCodeOf,
} from './totp.js';
