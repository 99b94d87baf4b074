import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { CredentialScheme } from '../credentials/credential-scheme.js';
import { UserIdentity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import { authenticateWith } from './authenticate-with.js';

const USER = new UserIdentity({
  ...{ issuer: 'https://api.example', subject: 'ada', scopes: [], claims: {} },
  ...{ issuedAt: 0, expiresAt: 1 },
});
const CONTEXT = {} as RequestContext;
const SCHEME = { kind: 'token', headers: [] } as unknown as CredentialScheme;

/** Each verb fails, as it does when the callback of an app throws. */
function failingStrategy() {
  const verb = () =>
    jest.fn(() => {
      throw new Error('a bug in the callback');
    });
  return { success: verb(), fail: verb(), error: verb() };
}

describe("a callback of an app's that throws", () => {
  it.each([
    ['for a user', async () => USER],
    ['for nobody', async () => undefined],
    ['for a refusal', () => Promise.reject(new Error('refused'))],
  ])('%s ends in the log, not in an unhandled rejection', async (_, identify) => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const strategy = failingStrategy();
    await expect(authenticateWith(strategy, CONTEXT, SCHEME, identify)).resolves.toBeUndefined();
    expect(strategy.error).toHaveBeenCalledTimes(1);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('a bug in the callback'));
    logged.mockRestore();
  });
});
