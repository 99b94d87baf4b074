import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';

/** What a browser's client data say (WebAuthn Level 3, section 5.8.1), as far as it is looked at here. */
export interface ClientData {
  readonly challenge: string;
  /** Whether a frame of another origin has asked. */
  readonly isFramed: boolean;
}

/** What an authenticator has answered, and what its browser says of it. */
export interface PasskeyAnswer<Response> {
  readonly response: Response;
  readonly clientData: ClientData;
}

/** How long the texts may be: a credential's id has at most 1,023 bytes, everything else less than a kilobyte where devices are honest. */
const [ID, SHORT, LONG] = [1_364, 2_048, 8_192];
const TRANSPORT = /^[a-z-]{1,20}$/;
const MOST_TRANSPORTS = 10;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What `PublicKeyCredential.toJSON()` gives after `navigator.credentials.create()`, with the members that are used and no others.
 *
 * @returns undefined for anything else
 */
export function readRegistration(value: unknown): PasskeyAnswer<RegistrationResponseJSON> | undefined {
  return readAnswer(value, (response) => {
    const attestationObject = bytesIn(response, 'attestationObject', LONG);
    const clientDataJSON = bytesIn(response, 'clientDataJSON', SHORT);
    if (attestationObject === undefined || clientDataJSON === undefined) return undefined;
    return { attestationObject, clientDataJSON, transports: transportsIn(response) as never };
  });
}

/**
 * What `PublicKeyCredential.toJSON()` gives after `navigator.credentials.get()`, with the members that are used and no others.
 *
 * @returns undefined for anything else
 */
export function readAssertion(value: unknown): PasskeyAnswer<AuthenticationResponseJSON> | undefined {
  return readAnswer(value, (response) => {
    const clientDataJSON = bytesIn(response, 'clientDataJSON', SHORT);
    const authenticatorData = bytesIn(response, 'authenticatorData', SHORT);
    const signature = bytesIn(response, 'signature', SHORT);
    if (clientDataJSON === undefined || authenticatorData === undefined || signature === undefined)
      return undefined;
    const proof = { clientDataJSON, authenticatorData, signature };
    // Security keys may leave it out where they were asked for by their ids.
    if (response.userHandle === undefined || response.userHandle === null) return proof;
    const userHandle = bytesIn(response, 'userHandle', ID);
    return userHandle === undefined ? undefined : { ...proof, userHandle };
  });
}

function readAnswer<Response extends { readonly clientDataJSON: string }>(
  value: unknown,
  read: (response: Fields) => Response | undefined,
) {
  if (!isFields(value) || value.type !== 'public-key' || !isFields(value.response)) return undefined;
  const id = bytesIn(value, 'id', ID);
  const response = read(value.response);
  if (id === undefined || value.rawId !== id || response === undefined) return undefined;
  const clientData = readClientData(response.clientDataJSON);
  if (clientData === undefined) return undefined;
  const type = 'public-key' as const;
  return { response: { id, rawId: id, type, response, clientExtensionResults: {} }, clientData };
}

function readClientData(encoded: string): ClientData | undefined {
  try {
    const { challenge, crossOrigin, topOrigin } = JSON.parse(Buffer.from(encoded, 'base64url').toString());
    if (typeof challenge !== 'string') return undefined;
    const isFramed = topOrigin !== undefined || (crossOrigin !== undefined && crossOrigin !== false);
    return { challenge, isFramed };
  } catch {
    return undefined;
  }
}

/** A text in base64url, of the one spelling that its bytes have. */
function bytesIn(fields: Fields, name: string, longest: number): string | undefined {
  const text = fields[name];
  if (typeof text !== 'string' || text === '' || text.length > longest) return undefined;
  return Buffer.from(text, 'base64url').toString('base64url') === text ? text : undefined;
}

/** How the device is reached: shown to browsers again, and believed for nothing. */
function transportsIn({ transports }: Fields): string[] {
  if (!Array.isArray(transports)) return [];
  return transports.slice(0, MOST_TRANSPORTS).filter((one) => typeof one === 'string' && TRANSPORT.test(one));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
