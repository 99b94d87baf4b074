import { randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { FairQueue, QueueFullError } from '../async/fair-queue.js';
import { answerWithin } from '../async/time-limit.js';
import { PortcullisConfigurationError, PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { subscriberNetworkOf } from '../net/ip-address.js';
import { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import type { PasswordHasher } from './password-hasher.js';
import { PASSWORD_SETTINGS, type PasswordSettings } from './password-settings.js';

/** In seconds: by then a good part of a full queue is done. */
const RETRY_AFTER_SECONDS = 5;

/** How long one may take, in milliseconds, before its thread is taken for lost. */
const LONGEST_MS = 30_000;

/** Whose password it is where no request asks: the app's own work. */
const THE_APP = 'the app';

/**
 * Hashes and verifies passwords, a few at once: hashing is slow on purpose, so that whoever sends many could keep every thread busy, and
 * everybody else waiting. The others wait, and the addresses they come from take turns.
 */
@Injectable()
export class PasswordVerifier implements OnModuleInit {
  readonly #hasher: PasswordHasher | undefined;
  readonly #queue: FairQueue | undefined;
  #hashOfNobody = '';

  constructor(@Inject(PASSWORD_SETTINGS) { passwords }: PasswordSettings) {
    this.#hasher = passwords?.hasher;
    this.#queue = passwords && new FairQueue(passwords);
  }

  async onModuleInit(): Promise<void> {
    if (this.#hasher !== undefined) this.#hashOfNobody = await this.hash(randomBytes(32).toString('hex'));
  }

  /**
   * Hashes a new password.
   *
   * @param request the one that asks for it, if any does; those of one address wait for each other
   * @throws PortcullisError `temporarily_unavailable` when too many wait
   */
  hash(password: string, request?: FrameworkRequest): Promise<string> {
    return this.#run(request, (hasher) => hasher.hash(password));
  }

  /**
   * Whether a password is the one that was hashed.
   *
   * @param passwordHash undefined where there is none, as for an unknown user: the same work is done, and the answer is no, so that
   * the time shows nobody which users exist
   * @param request the one that brings the password, as the framework hands it out
   * @throws PortcullisError `temporarily_unavailable` when too many wait
   */
  async verify(
    password: string,
    passwordHash: string | undefined,
    request: FrameworkRequest,
  ): Promise<boolean> {
    const matches = await this.#run(request, (hasher) =>
      hasher.verify(passwordHash ?? this.#hashOfNobody, password),
    );
    return matches === true && passwordHash !== undefined;
  }

  async #run<T>(
    request: FrameworkRequest | undefined,
    work: (hasher: PasswordHasher) => Promise<T>,
  ): Promise<T> {
    const [hasher, queue] = [this.#hasher, this.#queue];
    if (hasher === undefined || queue === undefined)
      throw new PortcullisConfigurationError(['passwords.hasher: must be given to use the PasswordVerifier']);
    try {
      return await queue.run(whoAsks(request), () => answerWithin(LONGEST_MS, 'the hasher', work(hasher)));
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      const retryAfterSeconds = RETRY_AFTER_SECONDS;
      throw new PortcullisError(TEMPORARILY_UNAVAILABLE, `too many passwords at once: ${error.message}`, {
        retryAfterSeconds,
      });
    }
  }
}

function whoAsks(request: FrameworkRequest | undefined): string {
  const context = request && RequestContext.of(request);
  return context === undefined ? THE_APP : subscriberNetworkOf(context.address).text;
}
