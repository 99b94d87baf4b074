import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { type CborValue, cbor } from './cbor.js';

/** What an app gives to `navigator.credentials.create()`, as far as it matters here. */
export interface TestCreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id?: string };
  readonly user: { readonly id: string };
}

/** What an app gives to `navigator.credentials.get()`, as far as it matters here. */
export interface TestRequestOptions {
  readonly challenge: string;
  readonly rpId?: string;
}

/** What a test wants otherwise than an honest browser and an honest device would have it. */
export interface AnswerChanges {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  /** Further members of the client data, such as `{ crossOrigin: true }`. */
  readonly clientData?: Readonly<Record<string, unknown>>;
  /** Whether the device has asked for a PIN or a fingerprint. By default it has. */
  readonly isUserVerified?: boolean;
  /** The signature counter. By default 0: the device has none. */
  readonly counter?: number;
  readonly isSynced?: boolean;
  /** Whether one that may be copied is. By default it is. */
  readonly isBackedUp?: boolean;
  readonly userHandle?: string;
  /** At the registration: `self`, by the passkey's own key; or a format and a statement. By default none. */
  readonly attestation?:
    | 'self'
    | { readonly format: string; readonly statement: ReadonlyMap<string, CborValue> };
  /** At the registration: the public key that is shown, as COSE has it. */
  readonly publicKey?: ReadonlyMap<number, CborValue>;
}

/** What `PublicKeyCredential.toJSON()` gives. */
export interface TestPasskeyAnswer {
  readonly id: string;
  readonly rawId: string;
  readonly type: string;
  readonly response: Readonly<Record<string, unknown>>;
  readonly clientExtensionResults: object;
}

type Algorithm = 'ES256' | 'EdDSA' | 'RS256';

/** RFC 9053 and RFC 8812. */
const COSE_ALGORITHMS = { ES256: -7, EdDSA: -8, RS256: -257 } as const;

const [PRESENT, VERIFIED, SYNCABLE, SYNCED, HAS_CREDENTIAL] = [0x01, 0x04, 0x08, 0x10, 0x40];

/**
 * A browser with a device that has one passkey (WebAuthn): what it answers is signed as real devices sign it, without a browser.
 *
 * ```ts
 * const device = new TestPasskeyDevice({ origin: 'https://parcels.example' });
 * const passkey = device.create(await optionsOf('/auth/passkeys/options'));
 * await request(app.getHttpServer()).post('/auth/passkeys').set(user).send({ passkey }).expect(201);
 * ```
 */
export class TestPasskeyDevice {
  readonly origin: string;
  readonly #privateKey: KeyObject;
  readonly #publicKey: ReadonlyMap<number, CborValue>;
  readonly #isSynced: boolean;
  readonly #algorithm: Algorithm;
  readonly credentialId: string;
  /** What the app has called the account, in base64url. */
  userHandle = '';

  /** @param isSynced whether the passkey is copied to other devices */
  constructor({
    origin,
    algorithm = 'ES256',
    isSynced = false,
    credentialId = randomBytes(32).toString('base64url'),
  }: {
    readonly origin: string;
    readonly algorithm?: Algorithm;
    readonly isSynced?: boolean;
    readonly credentialId?: string;
  }) {
    this.origin = origin;
    this.credentialId = credentialId;
    this.#isSynced = isSynced;
    this.#algorithm = algorithm;
    const { privateKey, publicKey } = keyPairOf(algorithm);
    this.#privateKey = privateKey;
    this.#publicKey = coseOf(algorithm, publicKey);
  }

  /** As `navigator.credentials.create()`. */
  create(options: TestCreationOptions, changes: AnswerChanges = {}): TestPasskeyAnswer {
    this.userHandle = options.user.id;
    const clientData = this.#clientData('webauthn.create', options.challenge, changes);
    const id = Buffer.from(this.credentialId, 'base64url');
    const authData = Buffer.concat([
      this.#authenticatorData(options.rp.id, changes, HAS_CREDENTIAL),
      Buffer.alloc(16),
      Buffer.from([id.length >> 8, id.length & 255]),
      id,
      cbor(changes.publicKey ?? this.#publicKey),
    ]);
    const { format, statement } = this.#attestation(changes, authData, clientData);
    const attestation = new Map<string, CborValue>([
      ['fmt', format],
      ['attStmt', statement],
      ['authData', authData],
    ]);
    return this.#answer({
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: cbor(attestation).toString('base64url'),
      transports: ['internal'],
    });
  }

  /** As `navigator.credentials.get()`. */
  get(options: TestRequestOptions, changes: AnswerChanges = {}): TestPasskeyAnswer {
    const clientData = this.#clientData('webauthn.get', options.challenge, changes);
    const authenticatorData = this.#authenticatorData(options.rpId, changes);
    const signature = this.#sign(authenticatorData, clientData);
    return this.#answer({
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: changes.userHandle ?? this.userHandle,
    });
  }

  #attestation({ attestation }: AnswerChanges, authData: Buffer, clientData: Buffer) {
    if (attestation !== 'self')
      return attestation ?? { format: 'none', statement: new Map<string, CborValue>() };
    const statement = new Map<string, CborValue>([
      ['alg', COSE_ALGORITHMS[this.#algorithm]],
      ['sig', this.#sign(authData, clientData)],
    ]);
    return { format: 'packed', statement };
  }

  #sign(authenticatorData: Buffer, clientData: Buffer): Buffer {
    const digest = createHash('sha256').update(clientData).digest();
    const hash = this.#algorithm === 'EdDSA' ? null : 'sha256';
    return sign(hash, Buffer.concat([authenticatorData, digest]), this.#privateKey);
  }

  #answer(response: Readonly<Record<string, unknown>>): TestPasskeyAnswer {
    const { credentialId: id } = this;
    return { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
  }

  #clientData(type: string, challenge: string, changes: AnswerChanges): Buffer {
    const origin = changes.origin ?? this.origin;
    const shown = { type, challenge: changes.challenge ?? challenge, origin, crossOrigin: false };
    return Buffer.from(JSON.stringify({ ...shown, ...changes.clientData }));
  }

  #authenticatorData(rpId: string | undefined, changes: AnswerChanges, further = 0): Buffer {
    const { isUserVerified = true, isSynced = this.#isSynced, isBackedUp = isSynced, counter = 0 } = changes;
    const domain = changes.rpId ?? rpId ?? new URL(this.origin).hostname;
    const copies = (isSynced ? SYNCABLE : 0) | (isBackedUp ? SYNCED : 0);
    const flags = PRESENT | (isUserVerified ? VERIFIED : 0) | copies | further;
    const end = Buffer.alloc(5);
    end.writeUInt8(flags);
    end.writeUInt32BE(counter, 1);
    return Buffer.concat([createHash('sha256').update(domain).digest(), end]);
  }
}

function keyPairOf(algorithm: Algorithm) {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

/** COSE keys (RFC 9053 section 7, RFC 8230 section 4). */
function coseOf(algorithm: Algorithm, key: KeyObject): ReadonlyMap<number, CborValue> {
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  switch (algorithm) {
    case 'ES256':
      return new Map<number, CborValue>([
        [1, 2],
        [3, COSE_ALGORITHMS.ES256],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ]);
    case 'EdDSA':
      return new Map<number, CborValue>([
        [1, 1],
        [3, COSE_ALGORITHMS.EdDSA],
        [-1, 6],
        [-2, bytes(x)],
      ]);
    case 'RS256':
      return new Map<number, CborValue>([
        [1, 3],
        [3, COSE_ALGORITHMS.RS256],
        [-1, bytes(n)],
        [-2, bytes(e)],
      ]);
  }
}
