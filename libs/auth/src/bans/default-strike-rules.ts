import { SCAN_RULES } from './scan-rules.js';
import { FOREIGN_FILES, NO_PARTS_OF_PAGES, PARTS_OF_PAGES } from './signatures/foreign-paths.js';
import { PAST_AGENTS } from './signatures/past-agents.js';
import type { StrikeRule } from './strike-rules.js';

/** Whoever touches a `@Honeypot()`. It counts also where other rules take the place of the default ones. */
export const HONEYPOT_RULE: StrikeRule = {
  id: 'honeypot',
  match: { event: 'honeypot' },
  score: Number.POSITIVE_INFINITY,
  windowSeconds: 60,
  // Any page can have a browser ask for it.
  lenient: true,
};

/** What a request gets that nobody is there for, or only whoever takes them all. */
const NOTHING_THERE = [401, 403, 404, 405, 410, 501] as const;

/** Credentials that were good once, or are good elsewhere: honest clients send them until somebody looks after them. */
const DEAD_CREDENTIALS = ['expired_token', 'revoked_token', 'expired_key', 'revoked_key', 'unknown_kid'];

/** Where something is guessed that a body holds. Whoever polls any other handler, or one that prolongs a session, guesses nothing. */
const LOGIN_LIKE_PATHS =
  /^(?!.*(?:refresh|renew|keep-?alive|log-?out|sign-?out|introspect)).*(?:log-?in|log-?on|sign-?in|auth|session|token|passw|passcode|\bpin\b|otp|2fa|mfa|verif|unlock|credential|activat|reset|redeem|coupon|voucher|code)/i;

/** Where somebody logs in, by the path or by what a query asks for: nobody polls it. */
const LOGIN_URLS =
  /^[^?]{0,200}(?:(?<![a-z])(?:do|check|user|admin|process|perform)?(?:login|logon|signin(?!g)|(?:log|sign)[-_](?:in|on)(?![a-z]))|authenticat|auth-with-password|callback\/credentials|api-token-auth|firstfactor|access\/ticket|connect\/token)|\?(?:[^?]{0,200}&)?(?:\w{1,20}=(?:[\w:]{1,20}\/|(?:do|process)_)?)?login|\?(?:[^?]{0,200}&)?grant_type=password/i;

const WRITTEN = { method: ['POST', 'PUT', 'PATCH'] } as const;

/** The rules that hold where no others are given: each is about what attackers do and honest callers rarely do as often. */
export const DEFAULT_STRIKE_RULES: readonly StrikeRule[] = [
  // One address trying many passwords, or one password on many people. Ten within ten minutes.
  { id: 'credential-stuffing', match: { event: 'login_failed' }, score: 10, windowSeconds: 600 },
  // The password was right. Each user has five free guesses, so this is about guessing at many.
  { id: 'mfa-guessing', match: { event: 'mfa_failed' }, score: 10, windowSeconds: 600 },
  // A device that did not get its new key sends the old one for ever, and guesses nothing.
  {
    id: 'key-guessing',
    match: { event: ['bad_key', 'key_in_url'] },
    score: 10,
    distinct: 'credential',
    windowSeconds: 600,
  },
  // A client that has an old secret stops working, and is noticed sooner than twenty times.
  { id: 'client-guessing', match: { event: 'oauth_client_failed' }, score: 5, windowSeconds: 600 },
  // Refresh tokens that have ended are none of these: honest clients have them.
  {
    id: 'code-guessing',
    match: { event: ['oauth_code_failed', 'user_code_failed', 'oauth_token_failed'] },
    score: 5,
    windowSeconds: 600,
  },
  {
    id: 'token-forging',
    match: { event: ['invalid_token', 'invalid_dpop_proof'] },
    score: 10,
    distinct: 'credential',
    windowSeconds: 600,
  },
  // After a restart without a store everybody has one, and an office has many.
  {
    id: 'dead-credentials',
    match: { event: DEAD_CREDENTIALS },
    score: 1,
    distinct: 'credential',
    windowSeconds: 600,
  },
  // A page asks again and again with what it has got.
  {
    id: 'session-guessing',
    match: { event: ['invalid_refresh_token', 'invalid_login_ticket', 'invalid_message_signature'] },
    score: 1,
    limitFactor: 3,
    windowSeconds: 60,
  },
  { id: 'algorithm-attack', match: { event: 'algorithm_attack' }, score: 50, windowSeconds: 3_600 },

  ...SCAN_RULES,

  // A new version of an app leaves old links behind, and a crawler follows them all.
  {
    id: 'path-probing',
    match: { status: NOTHING_THERE, route: 'unowned', path: NO_PARTS_OF_PAGES },
    score: 1,
    distinct: 'path',
    windowSeconds: 120,
    longer: { limitFactor: 6, windowSeconds: 3_600 },
    mistake: true,
  },
  {
    id: 'part-probing',
    match: { status: NOTHING_THERE, route: 'unowned', path: PARTS_OF_PAGES },
    score: 1,
    limitFactor: 10,
    distinct: 'path',
    windowSeconds: 600,
    mistake: true,
  },
  // Guessing ids. A page may show hundreds of things of which some are gone.
  {
    id: 'id-probing',
    match: { status: [404, 410], route: 'owned' },
    score: 1,
    limitFactor: 3,
    distinct: 'target',
    windowSeconds: 60,
    longer: { limitFactor: 15, windowSeconds: 3_600 },
    mistake: true,
  },
  // Walking through what belongs to others. Pictures of other sites, which a handler may refuse to show, come without a credential.
  {
    id: 'forbidden-ids',
    match: { status: 403, route: 'owned', credential: 'sent' },
    score: 1,
    limitFactor: 3,
    distinct: 'target',
    windowSeconds: 60,
    longer: { limitFactor: 15, windowSeconds: 3_600 },
    mistake: true,
  },
  // Guesses at what a handler itself decides on, without `@Strikes`. What Portcullis has refused has rules of its own.
  {
    id: 'refused-credentials',
    match: { status: [401, 403], unlessEvent: '*', credential: 'sent' },
    score: 2,
    distinct: 'credential',
    windowSeconds: 600,
    longer: { limitFactor: 5, windowSeconds: 86_400 },
    mistake: true,
  },
  // The same for passwords, of which a handler has said that they are wrong.
  {
    id: 'password-guessing',
    match: { status: 401, unlessEvent: '*', credential: 'password' },
    score: 10,
    distinct: 'credential',
    windowSeconds: 600,
    mistake: true,
  },
  // Faster than anybody types.
  {
    id: 'password-rush',
    match: { status: 401, unlessEvent: '*', credential: 'password' },
    score: 20,
    distinct: 'credential',
    windowSeconds: 10,
    mistake: true,
  },
  // What a body holds says more than a path: who polls sends no password, and a program that has an old one sends the same again.
  {
    id: 'secret-guessing',
    match: { ...WRITTEN, status: [401, 403], unlessEvent: '*', body: 'secret' },
    score: 3,
    distinct: 'secret',
    windowSeconds: 600,
    longer: { limitFactor: 6, windowSeconds: 86_400 },
    mistake: true,
  },
  // A login that says so by another status: a form is shown again, or an interface answers that the input is wrong.
  {
    id: 'login-guessing',
    match: {
      ...WRITTEN,
      status: [400, 404, 409, 422, 423, 429],
      unlessEvent: '*',
      body: 'secret',
      url: LOGIN_URLS,
    },
    score: 3,
    distinct: 'secret',
    windowSeconds: 600,
    longer: { limitFactor: 6, windowSeconds: 86_400 },
    mistake: true,
  },
  {
    id: 'refused-attempts',
    match: {
      ...{ ...WRITTEN, status: 401, unlessEvent: '*', credential: 'missing' },
      path: LOGIN_LIKE_PATHS,
    },
    score: 1,
    windowSeconds: 60,
    longer: { limitFactor: 6, windowSeconds: 86_400 },
    mistake: true,
  },
  // Guesses at a login that is not here, or that a proxy behind a wildcard answers. A device that has lost its server tries each second.
  {
    id: 'login-rush',
    match: { ...WRITTEN, route: 'unowned', url: LOGIN_URLS },
    score: 10,
    windowSeconds: 4,
    mistake: true,
  },
  // A flood that no cache can answer: an app has few names of parameters.
  {
    id: 'cache-busting',
    match: { url: /^\/?\?(?:\d{5,}|(?=[a-z_]{0,20}[A-Z\d])\w{2,20}=\w{2,20}(?:&\w{2,20}=\w{2,20})?)$/ },
    score: 5,
    distinct: 'parameters',
    windowSeconds: 5,
    mistake: true,
  },
  // The same without a query. Short links may look so, and lead elsewhere.
  {
    id: 'random-paths',
    match: {
      status: [200, ...NOTHING_THERE, 400, 429, 500, 502, 503],
      route: 'unowned',
      path: /^\/[A-Z]{5,12}$/,
    },
    score: 2,
    distinct: 'path',
    windowSeconds: 5,
    mistake: true,
  },
  // The links of an old site are followed one by one, and what is written to it comes from people.
  {
    id: 'foreign-file-rush',
    match: { route: 'unowned', path: FOREIGN_FILES },
    score: 8,
    distinct: 'path',
    windowSeconds: 10,
    lenient: true,
    mistake: true,
  },
  {
    id: 'foreign-write-rush',
    match: { ...WRITTEN, route: 'unowned', path: FOREIGN_FILES },
    score: 10,
    windowSeconds: 4,
    lenient: true,
    mistake: true,
  },
  // A flood that wears a new dress for each request. A house has few machines from then.
  {
    id: 'past-agents',
    match: { userAgent: PAST_AGENTS },
    score: 15,
    distinct: 'agent',
    windowSeconds: 60,
    mistake: true,
  },
  // Looking for a proxy that anybody may use.
  { id: 'proxy-probing', match: { event: 'asked_elsewhere' }, score: 34, windowSeconds: 3_600 },
  // The same by limits of the app itself, or of what stands before it: forty tabs that try again at once stay below.
  {
    id: 'foreign-limit',
    match: { status: 429, unlessEvent: '*' },
    score: 1,
    limitFactor: 6,
    windowSeconds: 60,
    mistake: true,
  },
  // Whoever was told to wait ten times in a window, and goes on. A client that polls each second stays below.
  { id: 'rate-limit', match: { event: 'rate_limit_ignored' }, score: 1, windowSeconds: 60 },
  HONEYPOT_RULE,
];
