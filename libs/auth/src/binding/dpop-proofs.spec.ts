import { ClientIp } from '../net/client-ip.js';
import { PublicOrigins } from '../net/public-origins.js';
import { RequestContext } from '../request/request-context.js';
import { BindingOptions } from './binding.options.js';
import { DpopNonces } from './dpop-nonces.js';
import { DpopProofs } from './dpop-proofs.js';
import { UsedProofs } from './used-proofs.js';

/** RFC 9449 sections 4.1, 6.1 and 7.1. */
const HEADER =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';
const LOGIN_PROOF = `${HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`;
const PROOF = `${HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`;
const TOKEN = {
  text: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
};
const ISSUED_AT = 1_562_262_616;

const clientIp = new ClientIp({ trustedProxies: [], forwardedHeader: 'X-Forwarded-For' });

function requestWith(method: string, url: string, proof: string): RequestContext {
  const head = { method, url, headers: { dpop: proof }, rawHeaders: ['DPoP', proof], socket: {} };
  return RequestContext.begin(head, clientIp);
}

function proofs(origin: string, seconds: number, changes: Partial<BindingOptions> = {}): DpopProofs {
  const binding = Object.assign(new BindingOptions(), changes);
  const settings = { binding, now: () => seconds * 1_000 };
  const nonces = new DpopNonces(settings);
  return new DpopProofs(settings, new PublicOrigins([origin]), nonces, new UsedProofs(settings));
}

describe("RFC 9449's examples", () => {
  const protectedResource = () => requestWith('GET', '/protectedresource', PROOF);
  const resource = 'https://resource.example.org';

  it('a request for a token is proven, and names the key', async () => {
    const checks = proofs('https://server.example.com', ISSUED_AT);
    const login = () => requestWith('POST', '/token', LOGIN_PROOF);
    expect(await checks.thumbprintIn(login())).toBe(TOKEN.jkt);
    await expect(checks.thumbprintIn(login())).rejects.toMatchObject({ code: 'invalid_dpop_proof' });
  });

  it('a request for a resource is proven', async () => {
    await proofs(resource, ISSUED_AT).demandFor(TOKEN, protectedResource());
  });

  it('and not at another time, with another token, or by another algorithm', async () => {
    const refused = async (checks: DpopProofs, token = TOKEN) =>
      checks.demandFor(token, protectedResource()).then(
        () => 'accepted',
        ({ code }) => code,
      );
    expect(await refused(proofs(resource, ISSUED_AT + 300))).toBe('use_dpop_nonce');
    expect(await refused(proofs(resource, ISSUED_AT), { ...TOKEN, text: 'other' })).toBe(
      'invalid_dpop_proof',
    );
    expect(await refused(proofs(resource, ISSUED_AT, { algorithms: ['EdDSA'] }))).toBe('invalid_dpop_proof');
    expect(await refused(proofs(resource, ISSUED_AT))).toBe('accepted');
  });
});

describe('whether a proof was used before', () => {
  const ids: [string, number][] = [];
  const replays = {
    firstUse: async (...use: [string, number]) => {
      ids.push(use);
      return true;
    },
    release: async () => {},
  };
  beforeEach(() => void ids.splice(0));

  it('is asked for key and jti, for as long as it would be accepted, and some more', async () => {
    const checks = proofs('https://resource.example.org', ISSUED_AT + 20, { replays });
    await checks.demandFor(TOKEN, requestWith('GET', '/protectedresource', PROOF));
    // Made two seconds after the login: until 60 s after that, in whole seconds, and the margin.
    expect(ids).toEqual([[`dpop ${TOKEN.jkt} e1j3V_bKic8-LAEB`, 2 + 60 + 1 - 20 + 5]]);
  });

  it('is not asked of one that is wrong in anything', async () => {
    const at = (seconds: number) => proofs('https://resource.example.org', seconds, { replays });
    const wrong: [DpopProofs, string, string, string, typeof TOKEN][] = [
      [at(ISSUED_AT), 'POST', '/protectedresource', PROOF, TOKEN],
      [at(ISSUED_AT), 'GET', '/', PROOF, TOKEN],
      [at(ISSUED_AT + 300), 'GET', '/protectedresource', PROOF, TOKEN],
      [at(ISSUED_AT), 'GET', '/protectedresource', `${PROOF.slice(0, -2)}AA`, TOKEN],
      [at(ISSUED_AT), 'GET', '/protectedresource', PROOF, { ...TOKEN, jkt: 'x'.repeat(43) }],
      [at(ISSUED_AT), 'GET', '/protectedresource', PROOF, { ...TOKEN, text: 'other' }],
    ];
    for (const [checks, method, url, proof, token] of wrong)
      await expect(checks.demandFor(token, requestWith(method, url, proof))).rejects.toThrow();
    expect(ids).toEqual([]);
  });

  it('can not be said: then it is refused for now', async () => {
    const away = { ...replays, firstUse: () => Promise.reject(new Error('away')) };
    const checks = proofs('https://resource.example.org', ISSUED_AT, { replays: away });
    await expect(
      checks.demandFor(TOKEN, requestWith('GET', '/protectedresource', PROOF)),
    ).rejects.toMatchObject({ code: 'temporarily_unavailable', retryAfterSeconds: 1 });
  });
});
