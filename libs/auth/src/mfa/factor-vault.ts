import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { Log } from '../log.js';
import { derivedKeys } from '../sealing/derived-keys.js';
import { type Opened, Sealer } from '../sealing/sealer.js';
import type { FactorRecord } from './factor.store.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';

/** Whose secret it is: what was sealed for one factor does not pass for another. */
type Owned = Pick<FactorRecord, 'id' | 'issuer' | 'subject'>;

type SealedFactor = Owned & Pick<FactorRecord, 'data'>;

interface OwnedSecret {
  readonly of: readonly string[];
  readonly secret: object;
}

/** Keeps the secrets of factors where a store can't read them. */
@Injectable()
export class FactorVault {
  readonly #logger = new Log();
  readonly #sealer: Sealer<OwnedSecret>;

  constructor(@Inject(MFA_SETTINGS) { tokens }: MfaSettings) {
    this.#sealer = new Sealer(derivedKeys(tokens?.issuer?.keyEncryptionKeys, 'portcullis second factor'));
  }

  /** @returns what `FactorRecord.data` is to be */
  async seal(factor: Owned, secret: object): Promise<string> {
    return JSON.stringify({ sealed: await this.#sealer.seal({ of: nameOf(factor), secret }) });
  }

  /** @throws PortcullisError `temporarily_unavailable` where it can't be opened: that its user is wrong can't be said then */
  async open<Secret extends object>(factor: SealedFactor): Promise<Secret> {
    return (await this.#open(factor)).content.secret as Secret;
  }

  /**
   * Seals with the first key what an older one has sealed.
   *
   * @returns what `FactorRecord.data` is to be; undefined where it is as it should be, or nothing in it is sealed
   * @throws as {@link open}
   */
  async reseal(factor: SealedFactor): Promise<string | undefined> {
    if (sealedIn(factor) === undefined) return undefined;
    const { content, isByFirst } = await this.#open(factor);
    return isByFirst ? undefined : this.seal(factor, content.secret);
  }

  async #open(factor: SealedFactor): Promise<Opened<OwnedSecret>> {
    const opened = await this.#sealer.open(sealedIn(factor) ?? '');
    if (opened !== undefined && nameOf(factor).every((part, index) => part === opened.content.of[index]))
      return opened;
    const reason = `none of tokens.issuer.keyEncryptionKeys opens the factor ${factor.id}`;
    this.#logger.error(`${reason}: name the one that it was sealed with as well`);
    throw new PortcullisError(TEMPORARILY_UNAVAILABLE, reason);
  }
}

function sealedIn({ data }: SealedFactor): string | undefined {
  return (JSON.parse(data) as { readonly sealed?: string }).sealed;
}

function nameOf({ id, issuer, subject }: Owned): readonly string[] {
  return [id, issuer, subject];
}
