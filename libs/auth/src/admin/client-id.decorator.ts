import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** What stands in the path where the query has the id. No client is named like that. */
const IN_QUERY = '-';
/** Characters: no `client_id` has more. */
const LONGEST = 500;

/**
 * The client that a route `…/:id` is about: that of the path, or, where it has `-`, of `?clientId=`. An id may be a URL, which proxies
 * refuse in a path, and Fastify from 100 characters on.
 *
 * @throws BadRequestException where the query has none, or several
 */
export const ClientId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { params, query } = context.switchToHttp().getRequest();
  if (params.id !== IN_QUERY) return params.id;
  const { clientId } = query;
  if (typeof clientId === 'string' && clientId.length > 0 && clientId.length <= LONGEST) return clientId;
  throw new BadRequestException(`clientId must be a text of 1 to ${LONGEST} characters`);
});
