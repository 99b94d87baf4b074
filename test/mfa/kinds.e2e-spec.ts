import {
  type FactorAsker,
  type FactorKind,
  FactorKinds,
  type FactorRecord,
  FactorService,
  Logins,
  SessionService,
} from '@portcullis/auth';
import { ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { claimsIn, MfaClient, type Ticket, type Tokens } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** A key that is touched, and asks for a PIN on demand. Its prompt is bound to who asks. */
class TouchedKey implements FactorKind {
  readonly kind = 'passkey';

  async prompt(factors: readonly FactorRecord[], { id }: FactorAsker) {
    return { challenge: `for ${id.slice(0, 8)}`, allow: factors.map((factor) => factor.id) };
  }

  async prove(factors: readonly FactorRecord[], answer: unknown, { id }: FactorAsker) {
    const { challenge, pin } = answer as { challenge?: string; pin?: boolean };
    if (challenge !== `for ${id.slice(0, 8)}`) return undefined;
    const amr = pin === true ? ['hwk', 'user'] : ['hwk'];
    return { id: factors[0]?.id ?? '', kind: this.kind, amr, isMultiFactor: pin === true };
  }
}

const OWNER = { issuer: ownTokens.issuer.url, subject: 'ada' };
const USER = { subject: 'ada', scopes: [] };

describeOnPlatforms('a kind of factor of another package on %s', (running) => {
  const client = new MfaClient(running);
  let recoveryCodes: readonly string[] | undefined;

  beforeEach(async () => {
    await client.start();
    running.app.get(FactorKinds).add(new TouchedKey());
    const key = { ...OWNER, id: 'key', kind: 'passkey', name: 'blue', handle: 'h', data: '{}', position: 0 };
    recoveryCodes = await running.app.get(FactorService).add(key, {});
  });

  const promptOf = ({ factors }: Ticket) => factors.find(({ kind }) => kind === 'passkey')?.prompt;
  const prove = (ticket: Ticket, passkey: object, factor = 'key') =>
    client.post('mfa', { ticket: ticket.ticket, factor, passkey });

  it('completes a login by an answer to the prompt of its own ticket', async () => {
    expect(recoveryCodes).toHaveLength(10);
    const [one, other] = [await client.login<Ticket>(), await client.login<Ticket>()];
    const recovery = one.factors.find(({ kind }) => kind === 'recovery-codes');
    expect(promptOf(one)).toEqual({ challenge: expect.any(String), allow: ['key'] });
    expect(recovery).not.toHaveProperty('prompt');
    const challenge = promptOf(other)?.challenge;
    expect((await prove(one, { challenge })).status).toBe(401);
    const tokens = (await (await prove(other, { challenge })).json()) as Tokens;
    expect(claimsIn(tokens)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'hwk', 'mfa'] });
  });

  it('is no second factor of a login by itself', async () => {
    const login = { road: 'passkey', user: USER, clientId: 'web', amr: ['hwk'] } as const;
    const held = await running.app.get(Logins).complete(login);
    if (held.next !== 'mfa') throw new Error(held.next);
    expect(held.factors.map(({ kind }) => kind)).toEqual(['recovery-codes']);
    const ticket = { ticket: held.ticket } as Ticket;
    for (const factor of ['key', 'passkey'])
      expect((await problemIn(await prove(ticket, { challenge: 'any' }, factor))).code).toBe('mfa_failed');
    expect((await client.prove(ticket, recoveryCodes?.[0] ?? '', 'recovery-codes')).status).toBe(200);
  });

  it('raises no session that was begun by it alone, unless it has asked for more', async () => {
    const login = { road: 'passkey', user: USER, clientId: 'web', amr: ['hwk'] } as const;
    const bob = { ...login, user: { ...USER, subject: 'bob' } };
    await running.app.get(FactorService).remove(OWNER, 'key', {});
    const { accessToken } = await running.app.get(SessionService).start(login);
    expect((await running.app.get(Logins).complete(bob)).next).toBe('tokens');
    const key = { ...OWNER, id: 'key', kind: 'passkey', name: null, handle: 'h', data: '{}', position: 0 };
    await running.app.get(FactorService).add(key, {});
    const as = client.as({ access_token: accessToken });
    const raise = async (pin: boolean) => {
      const asked = (await (await client.post('step-up', {}, as)).json()) as Ticket;
      const challenge = promptOf(asked)?.challenge;
      const raised = await client.post('step-up', { factor: 'key', passkey: { challenge, pin } }, as);
      return claimsIn((await raised.json()) as Tokens);
    };
    expect(await raise(false)).not.toHaveProperty('acr');
    expect(await raise(true)).toMatchObject({ acr: 'mfa', amr: ['hwk', 'user', 'mfa'] });
  });
});
