import { createHash, createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { Log } from '../log.js';
import { derivedKeys } from '../sealing/derived-keys.js';
import { Sealer } from '../sealing/sealer.js';
import type { OAuthArtifactRecord } from './oauth-artifact.store.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** What it belongs to: what was sealed for one artifact does not pass for another, nor for that of somebody else. */
type Owned = Pick<
  OAuthArtifactRecord,
  'model' | 'idHash' | 'issuer' | 'grantId' | 'clientId' | 'subject' | 'sessionId'
>;

interface OwnedPayload {
  readonly of: readonly (string | null)[];
  readonly payload: object;
}

/** Keeps what an authorization server gives out where a store can neither read it nor use it. */
@Injectable()
export class OAuthArtifactVault {
  readonly #logger = new Log();
  readonly #sealer: Sealer<OwnedPayload>;
  readonly #userCodeKeys: readonly Buffer[];
  /** Whether what is kept can be read by this process alone, until it ends. */
  readonly isCutShort: boolean;

  constructor(@Inject(OAUTH_SETTINGS) { tokens }: OAuthSettings) {
    const { keyEncryptionKeys } = tokens?.issuer ?? {};
    this.isCutShort = keyEncryptionKeys === undefined || keyEncryptionKeys.length === 0;
    this.#sealer = new Sealer(derivedKeys(keyEncryptionKeys, 'portcullis oauth artifact'));
    this.#userCodeKeys = derivedKeys(keyEncryptionKeys, 'portcullis oauth user code');
  }

  /** Of an id that nobody guesses, so that nothing has to be stretched. */
  hashOf(id: string): string {
    return createHash('sha256').update(id).digest('base64url');
  }

  /** Of what people type, which is short: under each of the keys, that of the first one first. */
  userCodeHashesOf(userCode: string): readonly [string, ...string[]] {
    const hashes = this.#userCodeKeys.map((key) =>
      createHmac('sha256', key).update(userCode).digest('base64url'),
    );
    return hashes as [string, ...string[]];
  }

  /** @returns what `OAuthArtifactRecord.payload` is to be */
  seal(artifact: Owned, payload: object): Promise<string> {
    return this.#sealer.seal({ of: nameOf(artifact), payload });
  }

  /** @throws PortcullisError `temporarily_unavailable` where it can't be opened: that it is wrong can't be said then */
  async open(artifact: OAuthArtifactRecord): Promise<object> {
    const opened = await this.#sealer.open(artifact.payload);
    if (opened !== undefined && nameOf(artifact).every((part, index) => part === opened.content.of[index]))
      return opened.content.payload;
    const reason = `none of tokens.issuer.keyEncryptionKeys opens a ${artifact.model} of ${artifact.clientId}`;
    this.#logger.error(
      `${reason}: name the one that it was sealed with as well, unless the store was tampered with`,
    );
    throw new PortcullisError(TEMPORARILY_UNAVAILABLE, reason);
  }
}

function nameOf({ model, idHash, issuer, grantId, clientId, subject, sessionId }: Owned): OwnedPayload['of'] {
  return [model, idHash, issuer, grantId, clientId, subject, sessionId];
}
