import { type ArgumentsHost, Injectable } from '@nestjs/common';
import {
  type ContextAdapter,
  type PortcullisError,
  RequestContext,
  type RequestHead,
  RequestLifecycle,
} from '@portcullis/auth';

/** A piece of work from a queue, with the credentials of whoever has put it there. */
export interface Job {
  readonly name: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** The address of whoever has put it there. */
  readonly from: string;
}

/** Why a job was not done. */
export class JobRefused extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** Handlers of jobs are guarded like those of HTTP, and refused in their own way. */
@Injectable()
export class JobsContext implements ContextAdapter {
  readonly type = 'jobs';
  readonly #heads = new WeakMap<Job, RequestHead>();

  constructor(private readonly lifecycle: RequestLifecycle) {}

  contextOf(host: ArgumentsHost): RequestContext {
    return this.ofJob(host.getArgByIndex(0));
  }

  refuse(error: PortcullisError, host: ArgumentsHost): never {
    this.contextOf(host).refuse(error);
    throw new JobRefused(error.code, error.detail);
  }

  /** To be called when the job is done: another attempt is another request. */
  forget(job: Job): void {
    this.#heads.delete(job);
  }

  ofJob(job: Job): RequestContext {
    const head = this.#heads.get(job) ?? headOf(job);
    this.#heads.set(job, head);
    return RequestContext.of(head) ?? this.lifecycle.begin(head);
  }
}

function headOf({ name, credentials, from }: Job): RequestHead {
  const headers = Object.fromEntries(
    Object.entries(credentials).map(([header, value]) => [header.toLowerCase(), value]),
  );
  const rawHeaders = Object.entries(headers).flat();
  // The queue is reached over TLS only.
  const socket = { remoteAddress: from, encrypted: true };
  return { method: 'JOB', url: `/jobs/${name}`, headers, rawHeaders, socket };
}
