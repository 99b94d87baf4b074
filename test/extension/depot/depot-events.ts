import { defineEvent } from '@portcullis/auth';

declare module '@portcullis/auth' {
  interface SecurityEventTypes {
    'handheld.blocked': { readonly handheldId: string; readonly actor?: string; readonly reason: string };
  }
}

export const HANDHELD_BLOCKED = defineEvent('handheld.blocked', {
  audit: { weight: 'decision', names: ({ handheldId }) => ({ appId: handheldId }) },
  log: {
    level: 'warn',
    line: ({ handheldId, reason }) => `Blocked handheld ${handheldId}: ${JSON.stringify(reason)}`,
  },
});
