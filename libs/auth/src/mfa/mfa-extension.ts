import { KEY_MAKER_CHECK } from '../api-keys/key-maker-check.js';
import type { PortcullisExtension } from '../extension.js';
import { LOGIN_GATE } from '../sessions/login-gate.js';
import { Enrolments } from './enrolments.js';
import { FACTOR_STORE } from './factor.store.js';
import { FactorKinds } from './factor-kinds.js';
import { FactorProving } from './factor-proving.js';
import { FactorService } from './factor-service.js';
import { FactorVault } from './factor-vault.js';
import { FreshLogins } from './fresh-logins.js';
import { KeyMakers } from './key-makers.js';
import { LOGIN_TICKET_STORE } from './login-ticket.store.js';
import { LoginTicketBearerFormat } from './login-ticket-bearer-format.js';
import { LoginTickets } from './login-tickets.js';
import { MFA_OPTIONS } from './mfa.options.js';
import { MFA_EVENTS } from './mfa-events.js';
import { MfaGate } from './mfa-gate.js';
import { MfaPolicies } from './mfa-policies.js';
import { MFA_REFUSALS } from './mfa-refusals.js';
import { RecoveryCodes } from './recovery-codes.js';
import { StepUps } from './step-ups.js';
import { TicketLogins } from './ticket-logins.js';
import { TotpFactors } from './totp-factors.js';

export const MFA: PortcullisExtension = {
  name: 'mfa',
  options: [MFA_OPTIONS],
  stores: [FACTOR_STORE, LOGIN_TICKET_STORE],
  refusals: MFA_REFUSALS,
  events: MFA_EVENTS,
  bearerFormats: { 'login-ticket': LoginTicketBearerFormat },
  providers: [
    FactorKinds,
    FactorVault,
    TotpFactors,
    RecoveryCodes,
    FactorProving,
    MfaPolicies,
    LoginTickets,
    { provide: LOGIN_GATE, useClass: MfaGate },
    TicketLogins,
    FreshLogins,
    { provide: KEY_MAKER_CHECK, useClass: KeyMakers },
    FactorService,
    Enrolments,
    StepUps,
  ],
};
