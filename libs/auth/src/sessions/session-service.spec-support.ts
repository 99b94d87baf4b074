import { Test, type TestingModule } from '@nestjs/testing';
import { PortcullisModule } from '../composition/portcullis.module.js';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { SessionService } from './session-service.js';
import type { SessionTokens } from './session-tokens.js';
import { type DirectoryUser, KnownUsers } from './user-directory.js';

export const KEY = Buffer.alloc(32, 7).toString('base64');
export const ADA: DirectoryUser = { subject: 'ada', scopes: ['parcels:*', 'depot:read'] };

/** One instance, without routes. */
export class SessionInstance {
  readonly users = new Map<string, DirectoryUser>([['ada', ADA]]);
  readonly events: SecurityEvent[] = [];
  /** Seconds by which its clock is turned forward. */
  ahead = 0;
  #stoppedAt: number | undefined;
  #module!: TestingModule;

  static async start(options: Partial<PortcullisOptions> = {}): Promise<SessionInstance> {
    const instance = new SessionInstance();
    const portcullis = PortcullisModule.forRoot({
      tokens: { audience: 'parcels', issuer: { url: 'https://api.example', keyEncryptionKeys: [KEY] } },
      now: () => (instance.#stoppedAt ?? Date.now()) + instance.ahead * 1000,
      ...options,
    });
    instance.#module = await Test.createTestingModule({ imports: [portcullis] }).compile();
    await instance.#module.init();
    instance.get(KnownUsers).use({
      verifyPassword: async () => undefined,
      find: async (subject) => instance.users.get(subject),
    });
    instance.get(SecurityEvents).subscribe((event) => instance.events.push(event));
    return instance;
  }

  /** Lets its clock go no further by itself. */
  stopClock(): void {
    this.#stoppedAt = Date.now();
  }

  get<T>(type: abstract new (...parameters: never[]) => T): T {
    return this.#module.get(type as never, { strict: false });
  }

  get sessions(): SessionService {
    return this.get(SessionService);
  }

  login(details: object = {}): Promise<SessionTokens> {
    return this.sessions.start({ user: ADA, clientId: 'web', amr: ['pwd'], ...details });
  }

  /** Whether an access token is taken. */
  async takes({ accessToken }: SessionTokens): Promise<boolean> {
    return Promise.resolve()
      .then(() => this.get(TokenVerifier).verify(accessToken))
      .then(
        () => true,
        () => false,
      );
  }

  /** What a refresh ends in: the tokens, or the code of a refusal. */
  async refresh(refreshToken: string, details: object = {}): Promise<SessionTokens | string> {
    return this.sessions.refresh(refreshToken, details).catch(({ code }) => code);
  }

  typesOfEvents(): string[] {
    return this.events.map(({ type }) => type).filter((type) => type.startsWith('session.'));
  }

  close(): Promise<void> {
    return this.#module.close();
  }
}
