import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { map, type Observable } from 'rxjs';

/** At most as long as the next key is published ahead. */
const MAX_AGE_SECONDS = 300;

/**
 * Lets an answer be kept for a while, gives it a validator, and spares the caller who has it already (RFC 9110
 * section 13.1.2). On Fastify nothing else does.
 */
@Injectable()
export class CacheableInterceptor implements NestInterceptor {
  constructor(private readonly host: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const { headers } = http.getRequest<Pick<IncomingMessage, 'headers'>>();
    const response = http.getResponse();
    return next.handle().pipe(
      map((body: unknown) => {
        const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}"`;
        this.host.httpAdapter.setHeader(response, 'ETag', etag);
        this.host.httpAdapter.setHeader(response, 'Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`);
        const known = headers['if-none-match']?.split(',').map((value) => value.trim().replace(/^W\//, ''));
        if (!known?.includes(etag) && !known?.includes('*')) return body;
        this.host.httpAdapter.status(response, 304);
        return undefined;
      }),
    );
  }
}
