import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { RemoteDocument } from '../remote/remote-document.js';
import { fetchJson } from '../remote/remote-json.js';
import { INVALID_SIGNATURE } from './leak-refusals.js';
import { LEAK_REPORT_OPTIONS, type LeakReportOptions } from './leak-report.options.js';
import { LEAK_SETTINGS, type LeakSettings } from './leak-settings.js';

/** A longer list is not read to its end. */
const MAX_KEYS = 100;

/** GitHub lets a stranger ask sixty times an hour, so what failed isn't tried again sooner either. */
const TIMES = { refreshSeconds: 3_600, maxAgeSeconds: 86_400, cooldownSeconds: 30, retrySeconds: 30 };

/** Two headers of one name arrive as one text with a comma. */
const KEY_IDENTIFIER = /^[^\s,]{1,200}$/;
/** DER takes at most 72 bytes for two numbers of P-256. */
const MAX_SIGNATURE_LENGTH = 96;

const PEM_START = '-----BEGIN PUBLIC KEY-----';

type PublicKeys = ReadonlyMap<string, KeyObject>;

/** Proves that a message comes from the reporter: ECDSA over P-256 and SHA-256, with the keys that the reporter publishes. */
@Injectable()
export class ReportSignatures {
  readonly #keys: RemoteDocument<PublicKeys>;

  constructor(
    @Inject(LEAK_REPORT_OPTIONS) { keysUrl }: LeakReportOptions,
    @Inject(LEAK_SETTINGS) { now }: LeakSettings,
  ) {
    const fetchKeys = async () => readKeys(await fetchJson(new URL(keysUrl)));
    this.#keys = new RemoteDocument(`the public keys at ${keysUrl}`, fetchKeys, TIMES, now);
  }

  /**
   * @param bytes the message exactly as it was sent
   * @param keyIdentifier what names the key, as the header has it
   * @param signature in DER and base64, as the header has it
   * @throws PortcullisError `invalid_signature`, or `temporarily_unavailable` when the keys can't be had
   */
  async verify(bytes: Uint8Array, keyIdentifier: unknown, signature: unknown): Promise<void> {
    if (typeof keyIdentifier !== 'string' || !KEY_IDENTIFIER.test(keyIdentifier))
      throw invalidSignature('the key is not named, or more than once');
    const der = decode(signature);
    if (der === undefined) throw invalidSignature('there is no signature in base64, or more than one');
    const key = await this.#find(keyIdentifier);
    if (key === undefined) throw invalidSignature('the key is not among those that the reporter publishes');
    if (!verify('sha256', bytes, { key, dsaEncoding: 'der' }, der))
      throw invalidSignature('it is not the signature of this message');
  }

  async #find(identifier: string): Promise<KeyObject | undefined> {
    const key = this.#keys.current()?.get(identifier) ?? (await this.#keys.renewed()).get(identifier);
    // It may be a new one: a report that can't be checked now is to be sent again.
    if (key === undefined && this.#keys.isFailing) throw this.#keys.unavailable();
    return key;
  }
}

/** Keys that are unfit are left out, so that one bad key doesn't silence the others. */
function readKeys(json: unknown): PublicKeys {
  const list =
    typeof json === 'object' && json !== null && 'public_keys' in json ? json.public_keys : undefined;
  if (!Array.isArray(list)) throw new TypeError('not a list of public keys');
  const keys = new Map(list.slice(0, MAX_KEYS).flatMap(readKey));
  // Whoever has no keys has a fault: the last good ones go on.
  if (keys.size === 0) throw new Error('there is no usable key');
  return keys;
}

/** `is_current` says which key signs now. The others have signed before, and count as long as they are listed. */
function readKey(entry: unknown): [string, KeyObject][] {
  const { key_identifier: identifier, key: pem } = (entry ?? {}) as Record<string, unknown>;
  if (typeof identifier !== 'string' || typeof pem !== 'string' || !pem.startsWith(PEM_START)) return [];
  try {
    const key = createPublicKey(pem);
    const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return isP256 ? [[identifier, key]] : [];
  } catch {
    return [];
  }
}

function decode(signature: unknown): Buffer | undefined {
  if (typeof signature !== 'string' || signature === '' || signature.length > MAX_SIGNATURE_LENGTH)
    return undefined;
  const bytes = Buffer.from(signature, 'base64');
  // Node skips what is no base64.
  return bytes.toString('base64') === signature ? bytes : undefined;
}

function invalidSignature(reason: string): PortcullisError {
  return new PortcullisError(INVALID_SIGNATURE, reason);
}
