/** Injects the {@link PasskeySettings}. */
export const PASSKEY_SETTINGS = Symbol('portcullis.passkeys');

/** What passkeys are for, and how they are asked for. */
export interface PasskeySettings {
  /**
   * The domain that passkeys belong to, for ever: `parcels.example`, or a domain above the one that people log in at. Passkeys of another
   * domain don't work here, and none works any more when this is changed.
   */
  readonly rpId: string;
  /** What people are shown as the name of the app. */
  readonly rpName: string;
  /**
   * The origins whose pages may ask for a passkey, to the letter: `https://parcels.example`. They are the domain of `rpId` or below it; an
   * Android app has `android:apk-key-hash:…`.
   */
  readonly origins: readonly string[];
  /**
   * Origins of other domains whose pages may ask for passkeys of this one (WebAuthn Level 3, section 5.11). The document that browsers
   * want to see is served at `/.well-known/webauthn`.
   */
  readonly relatedOrigins: readonly string[];
  /**
   * Whether a device has to ask its user for a PIN, a fingerprint or a face: `required`; or may be a second factor also where it can't:
   * `preferred`. For a login without a password it always has to.
   */
  readonly userVerification: 'required' | 'preferred';
  /** How many passkeys one user may have; at most 20, as many as there may be factors. */
  readonly maxPerUser: number;
}

const MOST_PER_USER = 20;
const APP_ORIGIN = /^android:apk-key-hash:[\w-]{43}$/;
const DOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** What is wrong, each in one line. */
export function problemsOf(settings: PasskeySettings): string[] {
  const { rpId, rpName, origins, relatedOrigins, userVerification, maxPerUser } = settings;
  const problems: [boolean, string][] = [
    [isDomain(rpId), 'rpId must be a domain in lower case, without scheme and port'],
    [isText(rpName), 'rpName must be a text'],
    [Array.isArray(origins) && origins.length > 0, 'origins must name at least one origin'],
    [Array.isArray(relatedOrigins), 'relatedOrigins must be a list'],
    [['required', 'preferred'].includes(userVerification), 'userVerification must be required or preferred'],
    [isCount(maxPerUser), `maxPerUser must be a whole number from 1 to ${MOST_PER_USER}`],
    ...(isDomain(rpId) ? listOf(origins) : []).map((origin): [boolean, string] => [
      isOriginOf(origin, rpId),
      `origins: ${shown(origin)} is no origin of ${rpId} that browsers have passkeys for`,
    ]),
    ...(isDomain(rpId) ? listOf(relatedOrigins) : []).map((origin): [boolean, string] => [
      hostOf(origin) !== undefined && !isOriginOf(origin, rpId),
      `relatedOrigins: ${shown(origin)} is no https origin of another domain`,
    ]),
  ];
  return problems.filter(([isRight]) => !isRight).map(([, text]) => `PortcullisPasskeysModule: ${text}`);
}

/** Origins are compared as texts, so that they are written as browsers write them. */
function hostOf(origin: unknown): string | undefined {
  if (typeof origin !== 'string' || !URL.canParse(origin)) return undefined;
  const { origin: written, protocol, hostname } = new URL(origin);
  const isSecure = protocol === 'https:' || (protocol === 'http:' && isLocal(hostname));
  return written === origin && isSecure ? hostname : undefined;
}

function isOriginOf(origin: unknown, rpId: string): boolean {
  if (typeof origin === 'string' && APP_ORIGIN.test(origin)) return true;
  const host = hostOf(origin);
  return host !== undefined && (host === rpId || host.endsWith(`.${rpId}`));
}

/** Where browsers have passkeys without TLS. */
function isLocal(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** No address: passkeys belong to names. */
function isDomain(rpId: unknown): boolean {
  return typeof rpId === 'string' && DOMAIN.test(rpId) && !/^[\d.]+$/.test(rpId);
}

function shown(origin: unknown): string {
  return typeof origin === 'string' ? JSON.stringify(origin) : String(origin);
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MOST_PER_USER;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
