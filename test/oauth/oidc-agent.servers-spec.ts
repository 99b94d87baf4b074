import { decodeJwt } from 'jose';
import { OidcAgent } from '../support/oidc-agent.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('an agent at a terminal, let in by the authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  const agent = new OidcAgent();
  beforeAll(async () => {
    // It sends a secret always, if an empty one: no client without any is that of RFC 6749 section 2.3.1 there.
    const terminal = { clientId: 'terminal', name: 'A Terminal', kind: 'device' } as const;
    await server.start({
      server: {
        clients: [{ ...terminal, authentication: 'secret', secrets: [SECRET], scopes: ['parcels:read'] }],
      },
    });
    await agent.start();
  });
  afterAll(() => agent.stop());

  it('has tokens, and gets new ones by itself', async () => {
    const said = await agent.logIn(
      'terminal',
      [
        `--iss=${server.url}/`,
        '--client-id=terminal',
        `--client-secret=${SECRET}`,
        '--scope=openid offline_access parcels:read',
        '--redirect-uri=http://localhost:4242',
      ],
      async (code) => {
        const { text } = await new Browser(server.url).typeCode(code);
        expect(text).toContain('The device is let in');
      },
    );
    expect(said).toContain('Everything setup correctly');
    const first = await agent.token('terminal');
    expect((await server.me(first)).status).toBe(200);
    const second = await agent.token('terminal', '--force-new');
    expect(decodeJwt(second).jti).not.toBe(decodeJwt(first).jti);
    expect((await server.me(second)).status).toBe(200);
  });
});
