import { AuditTrail, memory } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { ORIGIN } from '../support/bound-calls.js';
import { problemIn } from '../support/http.js';
import { type Authenticator, MfaClient, type Ticket } from '../support/mfa-client.js';
import { mistyped } from '../support/mistyped.js';
import { describeOnPlatforms } from '../support/running-app.js';

describeOnPlatforms('while anybody sends more refusals than are kept, on %s', (running) => {
  const client = new MfaClient(running);
  let app: Authenticator;

  beforeEach(async () => {
    await client.start({ storage: memory(), audit: { maxFloodPerMinute: 1 }, publicOrigins: [ORIGIN] });
    ({ app } = await client.enrolled());
    for (let count = 0; count < 2; count++) await running.get('/user');
  });

  /** The types of the entries by which a refusal can be looked up. */
  const typesOf = async (refused: Response) => {
    expect(refused.ok).toBe(false);
    const { requestId } = await problemIn(refused);
    const page = await running.app.get(AuditTrail).list({ requestId });
    return page?.entries.map(({ type }) => type).sort();
  };

  it('what became of somebody whose second factor was wrong can be looked up', async () => {
    const wrong = await client.prove(await client.login<Ticket>(), app.wrong());
    expect(await typesOf(wrong)).toEqual(['factor.failed', 'request.refused']);
  });

  it('what became of a login that waited too long can be looked up, and not that of an invented ticket', async () => {
    const ticket = await client.login<Ticket>();
    client.clock.forward(301);
    expect(await typesOf(await client.prove(ticket, app.code()))).toEqual(['request.refused']);
    const invented = { ...ticket, ticket: mistyped(ticket.ticket) };
    expect(await typesOf(await client.prove(invented, app.code()))).toEqual([]);
  });

  it('what became of a session that has ended can be looked up, and not that of an invented one', async () => {
    const { refresh_token: own, ...tokens } = await client.login('bob');
    expect((await client.post('logout', {}, client.as(tokens))).ok).toBe(true);
    expect(await typesOf(await client.post('refresh', { refresh_token: own }))).toEqual(['request.refused']);
    const invented = { refresh_token: mistyped(own) };
    expect(await typesOf(await client.post('refresh', invented))).toEqual([]);
  });

  it('what became of a bound token without its proof can be looked up, and takes nothing from who has that', async () => {
    const key = new TestProofKey();
    const claims = () => ({ iat: Math.floor(client.clock.now() / 1000) });
    const target = { method: 'POST', url: `${ORIGIN}/auth/login` };
    const proof = { DPoP: key.proof(target, { claims: claims() }) };
    const { access_token: accessToken } = await client.login('bob', proof);
    for (const scheme of ['DPoP', 'Bearer']) {
      const copied = await running.get('/user', { authorization: `${scheme} ${accessToken}` });
      expect(await typesOf(copied)).toEqual(['request.refused']);
    }
    for (let count = 0; count < 20; count++)
      await running.get('/user', { authorization: `DPoP ${accessToken}` });
    const proven = key.headers({ method: 'GET', url: `${ORIGIN}/app`, accessToken }, { claims: claims() });
    expect(await typesOf(await running.get('/app', proven))).toEqual(['request.refused']);
  });
});
