import { Caddy } from '../support/caddy.js';
import { freePort } from '../support/free-port.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { fetchOverTls } from '../support/tls.js';
import { expectWholeFlow } from './whole-flow.js';

/** The app itself hears nothing but http, and nobody who reads its answers may notice. */
describeOnPlatforms('a Caddy that ends TLS in front of an authorization server on %s', (running) => {
  const caddy = new Caddy();
  afterAll(() => caddy.stop());

  it('changes nothing for clients, people and proofs, and no answer names http', async () => {
    const port = await freePort();
    const issuer = await caddy.start(port);
    const cookies: string[] = [];
    const insecure: string[] = [];
    const reach: typeof fetch = async (place, init) => {
      const response = await fetchOverTls(place, init);
      cookies.push(...response.headers.getSetCookie());
      const said = [...response.headers.values(), await response.clone().text()];
      insecure.push(...said.filter((text) => /http:/i.test(text)));
      return response;
    };
    await expectWholeFlow(running, {
      port,
      issuer: () => issuer,
      reach: () => reach,
      portcullis: { trustedProxies: ['127.0.0.1'] },
    });
    expect(insecure).toEqual([]);
    expect(cookies.length).toBeGreaterThan(5);
    expect(cookies.filter((cookie) => !/^__(Host|Secure)-.*; secure; httponly/i.test(cookie))).toEqual([]);
  });
});
