import type { IncomingMessage } from 'node:http';
import { MALFORMED_REQUEST, PortcullisError } from '@portcullis/auth';

/** More than anybody has to say here, in bytes. */
const LONGEST = 16_384;

/**
 * The JSON object that a request brings.
 *
 * @returns an empty one where there is no body
 * @throws PortcullisError `malformed_request`
 */
export async function jsonIn(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > LONGEST) throw malformed('the body is too long');
    pieces.push(piece);
  }
  if (length === 0) return {};
  const value = parsed(Buffer.concat(pieces).toString());
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('the body is no object');
  return value as Readonly<Record<string, unknown>>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('the body is no JSON');
  }
}

function malformed(reason: string): PortcullisError {
  return new PortcullisError(MALFORMED_REQUEST, reason);
}
