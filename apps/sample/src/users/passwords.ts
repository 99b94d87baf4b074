import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';

/** Argon2id, the package's default, at the cost that OWASP's Password Storage Cheat Sheet asks for at least. */
const ARGON2ID: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes passwords, and checks them. */
@Injectable()
export class Passwords implements OnModuleInit {
  #hashOfNobody = '';

  async onModuleInit(): Promise<void> {
    this.#hashOfNobody = await this.hash(randomBytes(32));
  }

  hash(password: string | Uint8Array): Promise<string> {
    return hash(password, ARGON2ID);
  }

  /** Does the same work where there is no hash, so that the time shows nobody which users exist. */
  async verify(password: string, passwordHash: string | undefined): Promise<boolean> {
    const matches = await verify(passwordHash ?? this.#hashOfNobody, password);
    return matches && passwordHash !== undefined;
  }
}
