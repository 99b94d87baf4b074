import { Test, type TestingModule } from '@nestjs/testing';
import { PortcullisModule } from '../composition/portcullis.module.js';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';

export const ISSUER = 'https://api.example';
export const KEY = Buffer.alloc(32, 7).toString('base64');

/** One instance, without routes. */
export class OAuthInstance {
  readonly events: SecurityEvent[] = [];
  ahead = 0;
  #module!: TestingModule;

  static async start(options: Partial<PortcullisOptions> = {}): Promise<OAuthInstance> {
    const instance = new OAuthInstance();
    const portcullis = PortcullisModule.forRoot({
      tokens: { audience: 'parcels', issuer: { url: ISSUER, keyEncryptionKeys: [KEY] } },
      now: () => Date.now() + instance.ahead * 1000,
      ...options,
    });
    const silent = { log: () => {}, warn: () => {}, error: () => {} };
    instance.#module = await Test.createTestingModule({ imports: [portcullis] })
      .setLogger(silent)
      .compile();
    await instance.#module.init();
    instance.get(SecurityEvents).subscribe((event) => instance.events.push(event));
    return instance;
  }

  get<T>(type: abstract new (...parameters: never[]) => T): T {
    return this.#module.get(type as never, { strict: false });
  }

  /** Those of this room. */
  oauthEvents(): SecurityEvent[] {
    return this.events.filter(({ type }) => type.startsWith('oauth-'));
  }

  close(): Promise<void> {
    return this.#module.close();
  }
}
