import { Injectable, Logger } from '@nestjs/common';
import { type RequestFacts, type SecurityEvent, SecurityEvents } from './security-events.js';

/** Writes the events an operator wants to read to the app's own logger; what happens on every request is `debug`. */
@Injectable()
export class SecurityLog {
  readonly #logger = new Logger('Portcullis');

  constructor(events: SecurityEvents) {
    events.subscribe((event) => this.#write(event));
  }

  #write(event: SecurityEvent): void {
    switch (event.type) {
      case 'request.refused':
        // A flood of refusals is no time to put together what nobody reads.
        if (!Logger.isLevelEnabled('debug')) break;
        this.#logger.debug(
          `Refused ${describe(event.request)}: ${event.status} ${event.code}: ${event.reason}`,
        );
        break;
      case 'credential.leaked':
        // Anybody can send an invented one, and as many as they like.
        this.#logger[event.id === undefined ? 'debug' : 'warn'](
          `Leaked (${event.leak}): ${event.credential} ${event.id ?? '(not a valid one)'}, ${describe(event.request)}`,
        );
        break;
      case 'api-key.revoked':
        this.#logger.log(`Revoked API key ${event.keyId}${event.reason ? `: ${event.reason}` : ''}`);
        break;
      case 'token.misused':
        this.#logger.warn(
          `Misused (${event.misuse}): token ${JSON.stringify(event.tokenId)} of ${JSON.stringify(event.subject)}; revoked: ${event.revoked}`,
        );
        break;
      case 'address.banned':
        this.#logger.warn(
          `${event.ban.shadow ? 'Would have banned' : 'Banned'} ${event.ban.network} until ${new Date(event.ban.expiresAt).toISOString()}: ${event.ban.reason}`,
        );
        break;
      case 'address.unbanned':
        this.#logger.log(`${event.forgiven ? 'Forgave' : 'Unbanned'} ${event.ban.network}`);
        break;
      case 'replicas.stale':
        this.#logger.error('Cut off from the changes of other instances');
        break;
      case 'replicas.fresh':
        this.#logger.log('Equal to the other instances again');
        break;
      case 'clock.corrected':
        this.#logger.warn(`This machine's clock is off by ${-event.offsetMs} ms, and corrected for`);
        break;
      case 'signing-keys.replaced':
        this.#logger.warn(`Replaced the signing keys: every token that was issued so far is refused`);
        break;
      case 'bans.imported':
        this.#logger.warn(`Banned the networks of a list (${event.count})`);
        break;
      case 'bans.cleared':
        this.#logger.warn(`Cleared all bans (${event.count})`);
        break;
      case 'ban.vetoed':
        this.#logger.log(`Did not ban ${event.ban.network}: ${event.reason}`);
        break;
      case 'identity.abusive':
        this.#logger.warn(`Abuse with a valid credential (rule ${event.rule}): ${describe(event.request)}`);
        break;
      case 'ban-feed.loaded':
        this.#logger.debug(
          `Loaded ban feed ${event.feed}: ${event.networks} networks, ${event.problems} problems`,
        );
        break;
      case 'ban-feed.failed':
        this.#logger.warn(`Could not load ban feed ${event.feed}: ${event.reason}`);
        break;
      default:
    }
  }
}

function describe({ method, path, address, requestId }: RequestFacts): string {
  return `${method} ${path} from ${address} (request ${requestId})`;
}
