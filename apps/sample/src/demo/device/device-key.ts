import { randomUUID, webcrypto } from 'node:crypto';

const { subtle } = webcrypto;

/** What a request is for that a device signs. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  /** Where there is one already. */
  readonly accessToken?: string;
}

/** A key that never leaves the device: not even this program can read it. In a browser it is the same code, and IndexedDB keeps the key. */
export class DeviceKey {
  private constructor(
    private readonly privateKey: webcrypto.CryptoKey,
    /** The public half, which each proof shows. */
    private readonly publicJwk: object,
  ) {}

  static async make(): Promise<DeviceKey> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    const { privateKey, publicKey } = await subtle.generateKey(algorithm, false, ['sign', 'verify']);
    const { kty, crv, x, y } = await subtle.exportKey('jwk', publicKey);
    return new DeviceKey(privateKey, { kty, crv, x, y });
  }

  /** A DPoP proof for one request (RFC 9449 section 4.2). */
  async prove({ method, url, accessToken }: SignedRequest): Promise<string> {
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: this.publicJwk };
    const claims = {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat: Math.floor(Date.now() / 1000),
      ...(accessToken !== undefined && { ath: await digest(accessToken) }),
    };
    const input = `${encoded(JSON.stringify(header))}.${encoded(JSON.stringify(claims))}`;
    const signing = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await subtle.sign(signing, this.privateKey, Buffer.from(input));
    return `${input}.${encoded(signature)}`;
  }
}

async function digest(text: string): Promise<string> {
  return encoded(await subtle.digest('SHA-256', Buffer.from(text)));
}

function encoded(content: string | ArrayBuffer): string {
  return (typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)).toString('base64url');
}
