import { Inject, Injectable } from '@nestjs/common';
import { atOnce, type MaybePromise } from '../async/maybe-promise.js';
import { INVALID_REQUEST, PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import { sentUnder } from './authorization-header.js';
import { BEARER_FORMATS, type BearerFormat } from './bearer-format.js';
import { INVALID_TOKEN } from './credential-refusals.js';
import type { Challenge, CredentialScheme, FoundCredential } from './credential-scheme.js';
import { isLasting, type Lasting, STANDING, type Standing } from './standing-proofs.js';

/** The name of the scheme (RFC 6750 section 2.1). */
const BEARER = 'bearer';

const HOW_TO_SEND = '"Authorization: Bearer <token>"';

/** The scheme's kind. */
export const BEARER_KIND = 'token';

/** `Authorization: Bearer` (RFC 6750), whatever the token in it is. */
@Injectable()
export class BearerScheme implements CredentialScheme<string>, Lasting {
  readonly kind = BEARER_KIND;
  readonly proves = 'user';
  readonly headers = ['authorization'];
  readonly howToSend = `an access token as ${HOW_TO_SEND}`;
  readonly #challenge: Challenge;

  constructor(@Inject(BEARER_FORMATS) private readonly formats: readonly BearerFormat[]) {
    const parameters = Object.assign({}, ...formats.map(({ challengeParameters }) => challengeParameters));
    this.#challenge = { scheme: 'Bearer', parameters };
  }

  /** Why no format can prove a user. */
  get unusable(): string | undefined {
    const ofUsers = this.formats.filter(({ proves }) => proves !== 'app');
    if (ofUsers.some(({ unusable }) => unusable === undefined)) return undefined;
    return ofUsers.map(({ unusable }) => unusable).join('; ') || 'no bearer token can prove one';
  }

  present(request: RequestContext): string | undefined {
    const token = bearerTokenOf(request);
    if (request.hasInQuery('access_token')) throw sentWrongly('an access token was sent in the URL');
    // Section 2.2: a form may be a second way for a token.
    if (token !== undefined && request.hasInForm('access_token'))
      throw sentWrongly('an access token was sent in the header and in the body');
    return token;
  }

  [STANDING](token: string): Standing | undefined {
    const format = this.#formatOf(token);
    return format !== undefined && isLasting(format) ? format[STANDING](token) : undefined;
  }

  prove(token: string, request: RequestContext): MaybePromise<Identity> {
    const format = this.#formatOf(token);
    if (format !== undefined) return format.prove(token, request);
    throw new PortcullisError(INVALID_TOKEN, 'no format recognises it', { challenge: [this.kind] });
  }

  /** Many clients forget the scheme. Which other one it is stays unsaid: what comes first may be a secret as well. */
  explain(request: RequestContext): string | undefined {
    const sent = request.header('authorization')?.trim();
    if (sent === undefined || sentUnder(BEARER, sent) !== undefined) return undefined;
    if (sent === '') return `The Authorization header is empty: it has to be ${HOW_TO_SEND}.`;
    return /\s/.test(sent)
      ? `The Authorization header has another scheme than Bearer: it has to be ${HOW_TO_SEND}.`
      : `The Authorization header has no scheme: it has to be ${HOW_TO_SEND}.`;
  }

  challenge(): Challenge {
    return this.#challenge;
  }

  async nameOf(token: string): Promise<string | undefined> {
    return this.#formatOf(token)?.nameOf(token);
  }

  findIn(text: string): FoundCredential<string> | undefined {
    for (const format of this.formats) {
      const found = atOnce(format.findIn?.(text), 'what a bearer format finds') ?? undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #formatOf(token: string): BearerFormat | undefined {
    for (const format of this.formats) {
      if (atOnce(format.recognises(token), 'what a bearer format recognises')) return format;
    }
    return undefined;
  }
}

/** The bearer token as Node has it, with nothing checked. */
export function bearerTokenOf(request: RequestContext): string | undefined {
  const authorization = request.header('authorization');
  return authorization === undefined ? undefined : sentUnder(BEARER, authorization);
}

function sentWrongly(reason: string): PortcullisError {
  return new PortcullisError(INVALID_REQUEST, reason, { challenge: [BEARER_KIND] });
}
