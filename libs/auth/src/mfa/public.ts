// What of this room the package gives away.
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
export type { LoginTicketRecord, LoginTicketStore } from './login-ticket.store.js';
