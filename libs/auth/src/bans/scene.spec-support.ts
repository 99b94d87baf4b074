import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { CREDENTIALS_REQUIRED, PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { UserIdentity } from '../identity/identity.js';
import { ClientIp } from '../net/client-ip.js';
import { Replicator } from '../replication/replicator.js';
import { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanService } from './ban-service.js';
import { Origins } from './origins/origins.js';
import { ProvenGuests } from './proven-guests.js';
import { StrikeJudge } from './strike-judge.js';
import { StrikeLedger } from './strike-ledger.js';

/** One request, with what was answered. */
export interface Asked {
  readonly url: string;
  readonly method?: string;
  readonly status?: number;
  /** The path of the route that takes it; none does by default. */
  readonly route?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the framework has read of a body. */
  readonly body?: unknown;
  /** Who has proved to be who. */
  readonly user?: string;
  /** What rules call the refusal of Portcullis. */
  readonly event?: string;
  /** Seconds since the one before; none by default. */
  readonly after?: number;
}

/** What came of a scene. */
export interface Outcome {
  /** The rules that banned, in their order. */
  readonly bannedBy: readonly (string | null)[];
  /** The rules whose limit somebody known has reached. */
  readonly abusedBy: readonly string[];
  /** The most of its limit that a rule has reached. */
  readonly share: number;
  /** That rule. */
  readonly rule: string | undefined;
  /** After how many requests the first ban came. */
  readonly after: number | undefined;
}

const START = Date.UTC(2030, 0, 1);

/** Of an app that says nothing about bans. To check the rules takes longer than most scenes do, so it is done once. */
const DEFAULT_OPTIONS = resolveOptions({}, memoryStores());

/** The real judge and the real rules, on requests that no server has received, by a clock that runs as fast as the scene. */
export async function play(
  requests: Iterable<Asked>,
  bans?: PortcullisOptions['bans'],
  address = '203.0.113.7',
): Promise<Outcome> {
  let now = START;
  const resolved = bans === undefined ? DEFAULT_OPTIONS : resolveOptions({ bans }, memoryStores());
  const options = { ...resolved, now: () => now, stores: { ...resolved.stores, ...memoryStores() } };
  const stream = new SecurityEvents();
  const service = new BanService(options, stream, new Replicator(options, stream, CHANGES));
  const clientIp = new ClientIp(options);
  const exemptions = new BanExemptions(options);
  const ledger = new StrikeLedger(options, stream, exemptions, service, new ProvenGuests(options));
  const lifecycle = new RequestLifecycle(options, clientIp, stream);
  const schemes = new CredentialSchemes([]);
  const origins = new Origins(options);
  const judge = new StrikeJudge(options, stream, exemptions, ledger, schemes, service, lifecycle, origins);

  let sent = 0;
  let most: { share: number; rule: string | undefined } = { share: 0, rule: undefined };
  let after: number | undefined;
  const bannedBy: (string | null)[] = [];
  const abusedBy: string[] = [];
  stream.subscribe((event) => {
    if (event.type === 'address.struck' && event.total / event.limit > most.share)
      most = { share: event.total / event.limit, rule: event.rule };
    if (event.type === 'identity.abusive') abusedBy.push(event.rule);
    if (event.type !== 'address.banned') return;
    bannedBy.push(event.ban.rule);
  });
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
  for (const asked of requests) {
    now += (asked.after ?? 0) * 1_000;
    sent++;
    const context = contextOf(asked, socket, clientIp);
    judge.judge(context, asked.status ?? 404);
    // It holds before the ban is in the store.
    if (after === undefined && service.find(context.address) !== undefined) after = sent;
    if (sent % 500 === 0) await new Promise(setImmediate);
  }
  await new Promise(setImmediate);
  return { bannedBy, abusedBy, ...most, after };
}

function contextOf(
  { url, method = 'GET', route, headers = {}, body, user, event }: Asked,
  socket: Socket,
  clientIp: ClientIp,
): RequestContext {
  const request = Object.assign(new IncomingMessage(socket), { method, url });
  Object.assign(request.headers, headers);
  const context = RequestContext.begin(request, clientIp);
  context.countForStrikes();
  if (route !== undefined) {
    context.meet({ handler: 'Scene.handler', traits: {} });
    context.handOver(Object.assign(request, { route: { path: route }, body }));
  }
  if (user !== undefined) context.hold(userNamed(user), 'token');
  if (event === 'credentials_required') context.refuse(new PortcullisError(CREDENTIALS_REQUIRED, 'none'));
  else if (event !== undefined)
    context.refuse(new PortcullisError(INVALID_TOKEN, event, { strikeEvent: event }));
  return context;
}

function userNamed(subject: string): UserIdentity {
  const facts = { issuer: 'https://login.example', subject, issuedAt: 0, expiresAt: 0 };
  return new UserIdentity({ ...facts, scopes: [], claims: {} });
}
