import type { FrameworkRequest, RequestHead } from './request-head.js';

/**
 * Whether a body comes with a request, by how it is framed (RFC 9112 section 6.3, RFC 9113 section 8.1), whoever reads it; or because a
 * framework has one that came in another way, as adapters for functions do it.
 */
export function hasBody(head: RequestHead, framework: FrameworkRequest | undefined): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = head.headers;
  if (encoding !== undefined || (length !== undefined && Number(length) !== 0)) return true;
  if ((head.httpVersionMajor ?? 1) >= 2 && head.stream?.endAfterHeaders !== true) return true;
  return isSomething(framework?.body) || isSomething(framework?.rawBody);
}

/** The bytes of a body as they came, where the framework keeps them (Nest's `rawBody: true`). */
export function rawBodyOf(framework: FrameworkRequest | undefined): Buffer | undefined {
  const rawBody = framework?.rawBody;
  return Buffer.isBuffer(rawBody) ? rawBody : undefined;
}

/** Older parsers give an empty object where there is nothing. */
function isSomething(body: unknown): boolean {
  if (typeof body !== 'object') return body !== undefined && body !== '';
  // Of a large one the names are not listed.
  for (const _ in body) return true;
  return false;
}

/** A field of a body as a text: a list of one is taken for what is in it, as many apps do. */
export function fieldIn(body: unknown, name: string): string | undefined {
  let value: unknown =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  while (Array.isArray(value) && value.length === 1) value = value[0];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
