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
  const text = await textIn(request, LONGEST);
  if (text === '') return {};
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('the body is no object');
  return value as Readonly<Record<string, unknown>>;
}

/**
 * The fields of the form that a request brings.
 *
 * @param longest in bytes
 * @throws PortcullisError `malformed_request`
 */
export async function formIn(request: IncomingMessage, longest: number): Promise<URLSearchParams> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) throw malformed('the body is no form');
  return new URLSearchParams(await textIn(request, longest));
}

async function textIn(request: IncomingMessage, longest: number): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > longest) throw malformed('the body is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
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
