import { APP_GUARD } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { controllersWith, rootModule } from './routes.js';
import type { ServerPlan, Subject, SubjectMaker } from './subject.js';

const HOUR_MS = 3_600_000;

function throttlerWith(limit: number, { routes }: ServerPlan): Subject {
  return {
    module: rootModule({
      imports: [ThrottlerModule.forRoot([{ ttl: HOUR_MS, limit }])],
      controllers: controllersWith(routes),
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    }),
  };
}

/** Nest's throttler as its documentation sets it up, with a limit that nobody reaches. */
export const throttler: SubjectMaker = (plan) => throttlerWith(1_000_000_000, plan);

/** The same for a client that is over its limit. */
export const throttlerFull: SubjectMaker = (plan) => throttlerWith(0, plan);
