import { IsInt, Max, Min } from 'class-validator';
import { withDefaults } from '../options/fill-options.js';
import { HasMethods } from '../options/option-validators.js';
import { defineOptions } from '../options/options-section.js';
import type { PasswordHasher } from './password-hasher.js';

/** How passwords are hashed, and how many at once. */
export class PasswordOptions {
  /** The app's own algorithm, such as Argon2id by `@node-rs/argon2`. */
  @HasMethods('hash', 'verify')
  readonly hasher!: PasswordHasher;

  /**
   * How many are hashed or verified at once. Each takes a thread of libuv's pool, of which there are four (`UV_THREADPOOL_SIZE`), for
   * files, names and other cryptography as well.
   */
  @IsInt()
  @Min(1)
  @Max(1_024)
  readonly atOnce: number = 2;

  /** How many of one address (an IPv6 caller's whole /64) may wait, before further ones are refused by 503. */
  @IsInt()
  @Min(1)
  readonly waitingOfOne: number = 100;

  /** How many may wait altogether. Beyond that the address that has the most waiting makes room. */
  @IsInt()
  @Min(1)
  readonly waitingAtMost: number = 500;
}

/** Without a hasher there is nothing to be configured. */
export const PASSWORD_OPTIONS = defineOptions('passwords', PasswordOptions, (given) =>
  given === undefined ? undefined : withDefaults(PasswordOptions, given),
);
