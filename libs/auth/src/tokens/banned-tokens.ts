import { Injectable } from '@nestjs/common';
import { bearerTokenOf } from '../credentials/bearer-scheme.js';
import { MisuseReactions } from '../reactions/misuse-reactions.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { TokenVerifier } from './token-verifier.js';

/** Reports the tokens that banned addresses send. */
@Injectable()
export class BannedTokens {
  constructor(
    lifecycle: RequestLifecycle,
    private readonly verifier: TokenVerifier,
    private readonly misuse: MisuseReactions,
  ) {
    lifecycle.onSettled((request) => {
      if (request.refusal?.code === 'address_banned') this.#report(request);
    });
  }

  /** A token that was proven before is known without any work; another one isn't worth any here. */
  #report(request: RequestContext): void {
    const token = bearerTokenOf(request);
    const known = token === undefined ? undefined : this.verifier.recall(token);
    if (known !== undefined) this.misuse.report('banned-address', known);
  }
}
