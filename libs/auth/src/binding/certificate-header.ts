import { X509Certificate } from 'node:crypto';

/** In characters. A certificate with many names has a few thousand bytes. */
const MAX_LENGTH = 16_384;

/** Reads a certificate from the value of a header. */
export type CertificateHeader = (text: string) => X509Certificate;

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

/** Envoy's `Key=value;Key="value"`. With several elements it says nothing of which hop's client each is. */
function fromXfcc(text: string): X509Certificate {
  const pairs = [...text.matchAll(/([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^",;]*)(;|$)/gy)];
  const length = pairs.reduce((sum, [pair]) => sum + pair.length, 0);
  if (length !== text.length) throw new TypeError('not one element');
  const certificates = pairs.filter(([, key]) => key?.toLowerCase() === 'cert');
  const [[, , value = ''] = []] = certificates;
  if (certificates.length !== 1) throw new TypeError('not one Cert');
  return fromEscapedPem(value.replace(/^"|"$/g, ''));
}

function fromEscapedPem(text: string): X509Certificate {
  const pem = decodeURIComponent(text);
  if (!/^\s*-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*$/.test(pem))
    throw new TypeError('not one PEM certificate');
  return new X509Certificate(pem);
}
