/** What a token is bound to (RFC 7800): whoever sends it has to prove that they hold just that. */
export type Confirmation =
  /** The key of DPoP proofs, by its thumbprint (RFC 9449 section 6, RFC 7638). */
  | { readonly jkt: string }
  /** A client's certificate, by its SHA-256 thumbprint (RFC 8705 section 3.1). */
  | { readonly 'x5t#S256': string };

/** SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

/**
 * Reads `cnf`. A binding that is not understood can not be checked, and of two it would be left open which one counts.
 *
 * @returns undefined where it is none of the bindings that are known, or more than one
 */
export function confirmationIn(cnf: unknown): Confirmation | undefined {
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return undefined;
  const [[name, value] = [], ...more] = Object.entries(cnf);
  if (more.length > 0 || typeof value !== 'string' || !THUMBPRINT.test(value)) return undefined;
  if (name === 'jkt') return Object.freeze({ jkt: value });
  return name === 'x5t#S256' ? Object.freeze({ 'x5t#S256': value }) : undefined;
}
