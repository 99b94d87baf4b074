import {
  type ActiveBanQuery,
  type Ban,
  MemoryBanStore,
  MemoryRevocationStore,
  type Revocation,
} from '@portcullis/auth';
import { ISSUER } from '../credentials/claims.js';
import { flatText } from '../flat-text.js';
import { madeBans } from './made-bans.js';

const FAR_FUTURE = 4e12;
const CLIENT = '127.0.0.1/32';

/**
 * Bans that are in force when the app boots, and then in memory only as the app keeps them: like a database, this keeps no objects.
 * None is of a loopback address but the client's own.
 */
export class LoadedBanStore extends MemoryBanStore {
  #unread: Iterator<Ban> | undefined;

  /**
   * @param count how many bans of others there are
   * @param clientIsBanned whether there is one of the client, too
   */
  constructor(
    private readonly count: number,
    private readonly clientIsBanned: boolean,
  ) {
    super();
  }

  override async findActive({ after, limit }: ActiveBanQuery): Promise<readonly Ban[]> {
    if (after === undefined || this.#unread === undefined) this.#unread = this.#bans();
    const page: Ban[] = [];
    while (page.length < limit) {
      const { value, done } = this.#unread.next();
      if (done) break;
      page.push(value);
    }
    return page;
  }

  *#bans(): Iterator<Ban, undefined> {
    if (this.clientIsBanned) yield banOf('client', CLIENT, FAR_FUTURE);
    let id = 0;
    for (const { network, expiresAt } of madeBans(this.count)) {
      if (!network.startsWith('127.')) yield banOf(String(id++), network, expiresAt);
    }
  }
}

/** Revocations of others' tokens that are in force when the app boots. */
export class LoadedRevocationStore extends MemoryRevocationStore {
  /** @param count how many there are */
  constructor(private readonly count: number) {
    super();
  }

  override async findSince(_time: number, limit: number, after?: Revocation): Promise<readonly Revocation[]> {
    const first = after === undefined ? 0 : after.revokedAt + 1;
    const length = Math.max(0, Math.min(limit, this.count - first));
    return Array.from({ length }, (_, index) => revocationOf(first + index));
  }
}

/** The `jti` of a token that is nobody's. */
function strangersTokenId(index: number): string {
  return flatText(`00000000-0000-4000-8000-${(2 ** 47 + index).toString(16)}`);
}

function revocationOf(index: number): Revocation {
  const tokenId = strangersTokenId(index);
  return {
    type: 'token',
    id: tokenId,
    tokenId,
    issuer: ISSUER,
    reason: 'bench',
    revokedAt: index,
    expiresAt: FAR_FUTURE,
  };
}

/** Written out, because a million are made. */
function banOf(id: string, network: string, expiresAt: number): Ban {
  return {
    id,
    network,
    expiresAt,
    reason: 'bench',
    rule: null,
    actor: null,
    offence: 1,
    shadow: false,
    createdAt: 0,
    liftedAt: null,
    liftedBy: null,
  };
}
