import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Signs reports of leaked keys as GitHub's secret scanning does. */
export class ReportSigner {
  readonly #privateKey: KeyObject;
  /** As a member of the published list. */
  readonly published: object;

  constructor(
    readonly identifier: string,
    namedCurve = 'P-256',
  ) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    this.#privateKey = privateKey;
    this.published = {
      key_identifier: identifier,
      key: publicKey.export({ type: 'spki', format: 'pem' }),
      is_current: true,
    };
  }

  signatureOf(body: string): string {
    return sign('sha256', Buffer.from(body), this.#privateKey).toString('base64');
  }

  headersFor(body: string): Record<string, string> {
    return {
      'github-public-key-identifier': this.identifier,
      'github-public-key-signature': this.signatureOf(body),
    };
  }
}
