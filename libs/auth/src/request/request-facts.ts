import type { PortcullisError } from '../errors.js';
import { noteCaller } from '../events/proven-caller.js';
import type { RequestFacts } from '../events/security-event.js';
import type { AppIdentity, UserIdentity } from '../identity/identity.js';
import { identityNameOf } from '../identity/identity-name.js';
import type { IpAddress } from '../net/ip-address.js';
import type { HandlerFacts } from './handler-facts.js';
import { withoutTokens } from './without-tokens.js';

/** What is known of a request. */
interface KnownRequest {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly address: IpAddress;
  readonly handler: HandlerFacts | undefined;
  readonly app: AppIdentity | undefined;
  readonly user: UserIdentity | undefined;
  readonly refusal: PortcullisError | undefined;
}

type FactsSoFar = { -readonly [Name in keyof RequestFacts]: RequestFacts[Name] };

/** What events may say about a request, and who has proven to be behind it. */
export function factsOf({ requestId, method, path, address, ...known }: KnownRequest): RequestFacts {
  const { handler, app, user, refusal } = known;
  const keyId = refusal?.keyId ?? app?.keyId ?? user?.keyId;
  const facts: FactsSoFar = { requestId, method, path: withoutTokens(path), address: address.text };
  // One by one: to spread what may be missing takes as long as all the rest.
  if (handler !== undefined) facts.handler = handler.handler;
  if (user !== undefined) facts.subject = user.subject;
  if (app !== undefined) facts.appId = app.appId;
  if (keyId !== undefined) facts.keyId = keyId;
  const proven = user ?? app;
  const caller = proven === undefined ? refusal?.caller?.() : identityNameOf(proven);
  if (caller !== undefined) noteCaller(facts, caller);
  return facts;
}
