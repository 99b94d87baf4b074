import { Injectable } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { RequestLifecycle } from '@portcullis/auth';
import { type Job, JobsContext } from './jobs-context.js';

/** Does jobs: Nest runs guards, interceptors and filters around each, as around a route. */
@Injectable()
export class JobRunner {
  constructor(
    private readonly creator: ExternalContextCreator,
    private readonly context: JobsContext,
    private readonly lifecycle: RequestLifecycle,
  ) {}

  /** @throws JobRefused when its sender may not have it done */
  async run<Handler extends object>(
    job: Job,
    handler: Handler,
    method: keyof Handler & string,
  ): Promise<unknown> {
    const work = this.creator.create(
      handler,
      handler[method] as (...parameters: unknown[]) => unknown,
      method,
      ...([undefined, undefined, undefined, undefined, undefined, 'jobs'] as const),
    );
    let status = 500;
    try {
      const done = await work(job);
      status = 200;
      return done;
    } finally {
      // Who begins a request's context settles it, once.
      this.lifecycle.settle(this.context.ofJob(job), status);
      this.context.forget(job);
    }
  }
}
