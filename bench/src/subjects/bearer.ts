import { type ExecutionContext, UnauthorizedException } from '@nestjs/common';

/** What a guard that a team writes itself works on, on either platform. */
export interface GuardedRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  user?: unknown;
}

export function requestOf(context: ExecutionContext): GuardedRequest {
  return context.switchToHttp().getRequest<GuardedRequest>();
}

/** The bearer token, as Nest's documentation takes it from the header. */
export function bearerTokenOf({ headers: { authorization = '' } }: GuardedRequest): string {
  const [type, token] = authorization.split(' ');
  if (type !== 'Bearer' || token === undefined) throw new UnauthorizedException();
  return token;
}
