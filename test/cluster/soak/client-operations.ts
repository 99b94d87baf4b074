import type { Answer } from './http-client.js';
import type { Credential } from './ledger.js';
import type { SoakProcess } from './soak-process.js';
import { claimsOf, headOf } from './token-parts.js';
import type { Tools } from './tools.js';

/** What machines do that are clients of the authorization server, and operators with them. */
export class ClientOperations {
  readonly #rotated = new Set<string>();
  #secrets = 0;

  constructor(private readonly tools: Tools) {}

  async make(process: SoakProcess): Promise<Credential | undefined> {
    return this.#keep(await process.ask({ method: 'POST', path: '/oauth-clients' }), process);
  }

  async getToken(process: SoakProcess, lot: number): Promise<void> {
    const client = this.tools.one('client secret', lot);
    if (client === undefined) return;
    const { path, headers, sent } = client;
    const answer = await process.ask({ method: 'POST', path, headers, ...sent });
    const { access_token: token } = answer.body as { access_token?: string };
    if (token === undefined) return;
    const { clientId } = client.facts as { clientId: string };
    const { iat, jti } = claimsOf(token);
    this.tools.add(answer, process, {
      kind: 'client token',
      path: '/app',
      headers: { authorization: `Bearer ${token}` },
      endedBy: [`token:${jti}`, `disabled-client:${clientId}`, `deleted-client:${clientId}`, 'signing-keys:'],
      facts: { clientId, iat, kid: headOf(token).kid },
    });
  }

  /** Once with each: when nobody knows whether it was done, the new secret is lost, and its client goes on without one. */
  async rotate(process: SoakProcess, lot: number): Promise<void> {
    const isMeant = (secret: Credential) => !this.#rotated.has(secret.name) && this.tools.isAlive(secret);
    const before = this.tools.one('client secret', lot, isMeant) ?? (await this.make(process));
    if (before === undefined) return;
    this.#rotated.add(before.name);
    const { clientId, secretId } = before.facts;
    const path = `/oauth-clients/${clientId}/rotate`;
    this.#keep(await this.tools.end(process, `secret:${secretId}`, { method: 'POST', path }), process);
  }

  #keep(answer: Answer, process: SoakProcess): Credential | undefined {
    const { clientId, secret } = answer.body as { clientId?: string; secret?: string };
    if (secret === undefined) return undefined;
    const secretId = `${clientId}.${++this.#secrets}`;
    return this.tools.add(answer, process, {
      kind: 'client secret',
      path: '/oauth/token',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
      sent: { form: { grant_type: 'client_credentials', scope: 'soak:look' } },
      endedBy: [`disabled-client:${clientId}`, `deleted-client:${clientId}`, `secret:${secretId}`],
      facts: { clientId, secretId },
    });
  }
}
