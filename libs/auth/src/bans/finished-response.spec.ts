import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { ClientIp } from '../net/client-ip.js';
import { RequestContext } from '../request/request-context.js';
import { FinishedResponse } from './finished-response.js';
import type { StrikeRule } from './strike-rules.js';

const [KEY, ANOTHER] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const RULE = { id: 'guessing', score: 1, windowSeconds: 60 };
const BY_BASIC: StrikeRule = { ...RULE, match: { credential: 'password' }, distinct: 'credential' };
const BY_BODY: StrikeRule = { ...RULE, match: { body: 'secret' }, distinct: 'secret' };

const clientIp = new ClientIp(resolveOptions({}, memoryStores()));

function digestOf(rule: StrikeRule, secret: string, key: Buffer): string {
  const authorization = `Basic ${Buffer.from(`ada:${secret}`).toString('base64')}`;
  const head = { method: 'POST', url: '/login', socket: { remoteAddress: '203.0.113.7' } };
  const request = { ...head, headers: { authorization }, rawHeaders: ['Authorization', authorization] };
  const context = RequestContext.begin(request as unknown as IncomingMessage, clientIp);
  context.handOver({ ...request, body: { username: 'ada', password: secret } } as never);
  return new FinishedResponse(context, 401, [], new CredentialSchemes([])).distinctKey(rule, key);
}

it.each([
  ['Basic', BY_BASIC, `Basic ${Buffer.from('ada:tulip').toString('base64')}`],
  ['a body', BY_BODY, '[["tulip"],["ada"]]'],
])('a password in %s can not be tried on what is kept of it without the key', (_, rule, text) => {
  const digest = digestOf(rule, 'tulip', KEY);
  expect(digestOf(rule, 'tulip', KEY)).toBe(digest);
  expect(digestOf(rule, 'rose', KEY)).not.toBe(digest);
  expect(digestOf(rule, 'tulip', ANOTHER)).not.toBe(digest);
  expect(createHash('sha256').update(text).digest('base64url')).not.toContain(digest);
});
