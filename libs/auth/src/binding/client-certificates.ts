import { createHash, X509Certificate } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { PortcullisError } from '../errors.js';
import { detachedCopy } from '../net/detached-copy.js';
import { RecentlyUsed } from '../recently-used.js';
import type { RequestContext } from '../request/request-context.js';
import type { CertificateCheck } from '../tokens/certificate-check.js';
import { BINDING_SETTINGS, type BindingSettings } from './binding-settings.js';
import { type CertificateHeader, certificateHeader, type NamedCertificate } from './certificate-header.js';

/** Certificates that proxies have handed on lately: to read one takes twice as long as to verify a signature. */
const REMEMBERED = 1_000;

/** What counts of a certificate. */
interface ClientCertificate {
  /** SHA-256 of the certificate, in base64url. */
  readonly thumbprint: string;
  /** The certificate itself, in DER; undefined where a proxy names its hash alone. */
  readonly raw: Buffer | undefined;
  /** Milliseconds since the epoch. Of a hash the proxy has said that it is valid. */
  readonly validFrom: number;
  readonly validTo: number;
}

/**
 * The certificates that clients hold: the one that the connection itself has proven, or the one that a proxy names which ended the
 * connection. Whether an authority has signed it is not asked: a token is bound to this one certificate (RFC 8705 section 3).
 */
@Injectable()
export class ClientCertificates implements CertificateCheck {
  readonly #header: { readonly name: string; readonly read: CertificateHeader } | undefined;
  readonly #handedOn = new RecentlyUsed<ClientCertificate>(REMEMBERED);

  constructor(@Inject(BINDING_SETTINGS) private readonly settings: BindingSettings) {
    const { certificateHeader: name } = settings.binding;
    this.#header =
      name === undefined ? undefined : { name: name.toLowerCase(), read: certificateHeader(name) };
  }

  demand(thumbprint: string, request: RequestContext): void {
    const own = this.thumbprintIn(request);
    if (own === undefined) throw refusal('and there is none');
    if (own !== thumbprint) throw refusal('and another one came');
  }

  /**
   * The thumbprint of the certificate that the client holds.
   *
   * @returns undefined where it has none
   * @throws PortcullisError `invalid_token` where it can not be said, or the certificate is not valid now
   */
  thumbprintIn(request: RequestContext): string | undefined {
    return this.#certificateIn(request)?.thumbprint;
  }

  /** The certificate that the client holds, in DER; undefined also where a proxy names its hash alone. @throws as {@link thumbprintIn} */
  rawIn(request: RequestContext): Buffer | undefined {
    return this.#certificateIn(request)?.raw;
  }

  #certificateIn(request: RequestContext): ClientCertificate | undefined {
    const direct = request.peerCertificate;
    const handedOn = this.#handedOnIn(request);
    if (direct !== undefined && handedOn !== undefined)
      throw refusal('and one came by the connection, another one by a proxy');
    const certificate = handedOn ?? (direct && factsOf(direct));
    if (certificate === undefined) return undefined;
    const now = this.settings.now();
    if (!(certificate.validFrom <= now && now <= certificate.validTo))
      throw refusal('and the one that came is not valid now');
    return certificate;
  }

  /** Whoever is no proxy of ours may write what they like into the header: it is not read. */
  #handedOnIn(request: RequestContext): ClientCertificate | undefined {
    const header = this.#header;
    const times = header === undefined ? 0 : request.timesSent(header.name);
    if (header === undefined || times === 0 || !request.isFromProxy) return undefined;
    if (times > 1) throw refusal(`and ${header.name} came ${times} times`);
    const text = request.header(header.name) as string;
    const known = this.#handedOn.get(text);
    if (known !== undefined) return known;
    const certificate = readWith(header.read, text);
    if (certificate === undefined) throw refusal(`and ${header.name} can not be read`);
    this.#handedOn.set(detachedCopy(text), certificate);
    return certificate;
  }
}

/** Also what only looks like a certificate, of which Node's reader may fail in any way. */
function readWith(read: CertificateHeader, text: string): ClientCertificate | undefined {
  try {
    return factsOf(read(text));
  } catch {
    return undefined;
  }
}

function factsOf(named: NamedCertificate): ClientCertificate {
  if (!(named instanceof X509Certificate))
    return { ...named, raw: undefined, validFrom: 0, validTo: Number.POSITIVE_INFINITY };
  const { raw, validFrom, validTo } = named;
  const thumbprint = createHash('sha256').update(raw).digest('base64url');
  return { thumbprint, raw, validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
}

function refusal(reason: string): PortcullisError {
  return new PortcullisError(INVALID_TOKEN, `the token is bound to a certificate, ${reason}`);
}
