import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { maybeWellKnown, WellKnownDocuments } from '../well-known/well-known-documents.js';
import { answerUnread } from './answer-before-body.js';

/** At most as long as the next key is published ahead. */
const MAX_AGE_SECONDS = 300;

const HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
  // Clients in browsers read them too, from wherever they come.
  'Access-Control-Allow-Origin': '*',
};

/** Answers the requests for what the app says of itself under `/.well-known`, ahead of the framework. */
@Injectable()
export class WellKnown {
  constructor(
    private readonly documents: WellKnownDocuments,
    private readonly lifecycle: RequestLifecycle,
  ) {}

  /** @returns whether there is such a document, and so the request was answered */
  answers(request: RequestContext, raw: IncomingMessage, response: ServerResponse): boolean {
    if (!maybeWellKnown(request.url) || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
    const document = this.documents.find(request.path);
    if (document === undefined) return false;
    const body = JSON.stringify(document);
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    const status = isKnown(etag, request.header('if-none-match')) ? 304 : 200;
    this.lifecycle.settle(request, status);
    answerUnread(raw, response, { status, headers: { ...HEADERS, ETag: etag }, body });
    return true;
  }
}

/** Spares the caller who has it already (RFC 9110 section 13.1.2). */
function isKnown(etag: string, sent: string | undefined): boolean {
  const known = sent?.split(',').map((value) => value.trim().replace(/^W\//, ''));
  return known?.includes(etag) === true || known?.includes('*') === true;
}
