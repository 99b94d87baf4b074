import { randomBytes } from 'node:crypto';
import { controllersWith, rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

/** Nest without any guard: the limit. It is sent what the others are sent, and looks at none of it. */
export const bare: SubjectMaker = ({ routes }): Subject => ({
  module: rootModule({ controllers: controllersWith(routes) }),
  createApiKeys: async (_, count) => randomKeys(count),
});

/** Keys as long as ours, for who doesn't care what a key looks like. */
export function randomKeys(count: number): string[] {
  return Array.from({ length: count }, () => `ptc_live_${randomBytes(39).toString('base64url')}`);
}
