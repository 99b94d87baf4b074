import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { INVALID_REQUEST, PortcullisError } from '@portcullis/auth';
import { CredentialSchemes } from '@portcullis/auth/internal';
import { formIn } from './request-bodies.js';
import { ROUTES } from './server-paths.js';

/** In bytes: the link is longer by what is percent-encoded, and Node takes 16 KiB of head. */
const LONGEST = 4_096;

const PLACES: readonly string[] = [ROUTES.authorization, ROUTES.end_session];

/** What nobody is asked by, and would be read in logs. Of our own credentials the schemes know more. */
const SECRETS = ['client_secret', 'client_assertion', 'access_token', 'refresh_token', 'code', 'password'];

/**
 * What a client asks by a form in place of a link (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2). The browser is led to
 * the link: along with the form of another site it sends no cookie that is `SameSite=Lax`, so nobody would be logged in.
 */
@Injectable()
export class PostedQuestions {
  constructor(private readonly schemes: CredentialSchemes) {}

  /** @param path below the issuer */
  answersAt(path: string, { method }: IncomingMessage): boolean {
    return method === 'POST' && PLACES.includes(path);
  }

  /** @throws PortcullisError `malformed_request`, or `invalid_request` where a secret would come into the URL */
  async answer(place: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await formIn(request, LONGEST);
    const link = `${place}?${form}`;
    if (SECRETS.some((name) => form.has(name)) || this.schemes.findInUrl(link) !== undefined)
      throw new PortcullisError(INVALID_REQUEST, 'a secret was sent where browsers are led on');
    response.writeHead(303, { Location: link, 'Cache-Control': 'no-store' }).end();
  }
}
