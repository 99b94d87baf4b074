import { TokenIssuer } from '@portcullis/auth';
import { type ProofChanges, type ProofTarget, TestProofKey } from '@portcullis/testing';
import type { RunningApp } from './running-app.js';

/** What clients call the apps of these tests, whatever port they listen at. */
export const ORIGIN = 'https://api.example';

/** A device with a key, and a token that is bound to it. */
export class BoundDevice {
  constructor(
    readonly key: TestProofKey,
    readonly accessToken: string,
  ) {}

  static async of(
    running: RunningApp,
    key = new TestProofKey(),
    scopes: string[] = [],
  ): Promise<BoundDevice> {
    const { confirmation } = key;
    const user = { subject: 'ada', clientId: 'phone', scopes, confirmation };
    return new BoundDevice(key, (await running.app.get(TokenIssuer).issue(user)).accessToken);
  }

  /** The headers of a GET. */
  headers(path: string, changes?: ProofChanges, target: Partial<ProofTarget> = {}) {
    const whole = { method: 'GET', url: ORIGIN + path, accessToken: this.accessToken, ...target };
    return this.key.headers(whole, changes);
  }
}
