import { X509Certificate } from 'node:crypto';

/** In characters. A certificate with many names has a few thousand bytes. */
const MAX_LENGTH = 16_384;

/** A certificate, or what alone a proxy says of it: its SHA-256 in base64url. */
export type NamedCertificate = X509Certificate | { readonly thumbprint: string };

/** Reads which certificate the value of a header names. */
export type CertificateHeader = (text: string) => NamedCertificate;

/**
 * How a proxy writes its client's certificate into a header.
 *
 * @param name of the header: two have a form of their own, in any other one there is a percent-encoded PEM
 */
export function certificateHeader(name: string): CertificateHeader {
  switch (name.toLowerCase()) {
    case 'client-cert':
      return limited(fromByteSequence);
    case 'x-forwarded-client-cert':
      return limited(fromXfcc);
    default:
      return limited(fromEscapedPem);
  }
}

function limited(read: CertificateHeader): CertificateHeader {
  return (text) => {
    if (text.length > MAX_LENGTH) throw new TypeError(`longer than ${MAX_LENGTH} characters`);
    return read(text);
  };
}

/** `:<base64>:`, a single one (RFC 9440 section 2.2, RFC 8941 section 3.3.5). */
function fromByteSequence(text: string): X509Certificate {
  const [, base64] = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(text.trim()) ?? [];
  if (base64 === undefined) throw new TypeError('not one byte sequence');
  return new X509Certificate(Buffer.from(base64, 'base64'));
}

/**
 * Envoy's `Key=value;Key="value"`. With several elements it says nothing of which hop's client each is. It writes the hash always, and the
 * certificate only where it is told to.
 */
function fromXfcc(text: string): NamedCertificate {
  const pairs = [...text.matchAll(/([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^",;]*)(;|$)/gy)];
  const length = pairs.reduce((sum, [pair]) => sum + pair.length, 0);
  if (length !== text.length) throw new TypeError('not one element');
  const certificate = soleValueIn(pairs, 'cert');
  if (certificate !== undefined) return fromEscapedPem(certificate);
  const hash = soleValueIn(pairs, 'hash') ?? '';
  if (!/^[\da-f]{64}$/i.test(hash)) throw new TypeError('neither a Cert nor a Hash of SHA-256');
  return { thumbprint: Buffer.from(hash, 'hex').toString('base64url') };
}

function soleValueIn(pairs: readonly RegExpMatchArray[], name: string): string | undefined {
  const [found, ...more] = pairs.filter(([, key]) => key?.toLowerCase() === name);
  if (more.length > 0) throw new TypeError(`not one ${name}`);
  return found?.[2]?.replace(/^"|"$/g, '');
}

function fromEscapedPem(text: string): X509Certificate {
  const pem = decodeURIComponent(text);
  if (!/^\s*-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*$/.test(pem))
    throw new TypeError('not one PEM certificate');
  return new X509Certificate(pem);
}
