import { Delete, Get, Header, HttpCode, Query } from '@nestjs/common';
import { RequireUser } from '../access/access.decorator.js';
import { demandAccessToken } from '../api-keys/demand-access-token.js';
import type { Actor } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { CurrentActor, CurrentUser } from '../request/current-identity.decorator.js';
import { asBadRequest, found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { NamedClientDto, OAuthPageDto } from './oauth-client.dto.js';
import { type OAuthConsentPage, OAuthConsents } from './oauth-consents.js';

/** What users do with what they let clients do: by a login of their own, and never by a token that a client was given. */
@RequireUser()
@OwnValidation()
export class OwnConsentsController {
  constructor(
    private readonly consents: OAuthConsents,
    private readonly issuer: TokenIssuer,
  ) {}

  /** What the caller lets clients do, by rising ids of clients. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@CurrentUser() user: UserIdentity, @Query() page: OAuthPageDto): Promise<OAuthConsentPage> {
    return this.consents.list(this.#subjectOf(user), page).catch(asBadRequest);
  }

  /** Takes it back from one client, whose codes and tokens end. It is named in the query: a URL, as its id may be, is too long for paths of Fastify. */
  @Delete()
  @HttpCode(204)
  async withdraw(
    @Query() { clientId }: NamedClientDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    found(await this.consents.withdraw(this.#subjectOf(user), clientId, who));
  }

  /** Users of other issuers, who may be named like one of ours, have agreed to nothing here. */
  #subjectOf(user: UserIdentity): string {
    demandAccessToken(user);
    return found(user.issuer === this.issuer.url ? user.subject : undefined);
  }
}
