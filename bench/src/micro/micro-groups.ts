/** What is measured call by call. Each in a process of its own, so that none finds V8 as another left it. */
export const MICRO_GROUPS = {
  guard: async () => (await import('./guard.js')).measureGuard,
  tokens: async () => (await import('./tokens.js')).measureTokens,
  proofs: async () => (await import('./proofs.js')).measureProofs,
  'api-keys': async () => (await import('./api-keys.js')).measureApiKeys,
  bans: async () => (await import('./bans.js')).measureBans,
  judging: async () => (await import('./judging.js')).measureJudging,
  revocations: async () => (await import('./revocations.js')).measureRevocations,
  sessions: async () => (await import('./sessions.js')).measureSessions,
  scopes: async () => (await import('./scopes.js')).measureScopes,
} as const;

export type MicroGroup = keyof typeof MICRO_GROUPS;

/** What the process of a group is asked. */
export interface MicroQuestion {
  readonly group: MicroGroup;
  readonly rounds: number;
}
