import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ApiKeyService } from '../api-keys/api-key-service.js';
import { CREDENTIAL_LEAKED } from '../credentials/credential-events.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import type { RequestFacts } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { textOf } from '../log.js';
import { OAuthClientLeaks } from '../oauth/oauth-client-leaks.js';
import { type LeakReport, publicUrl } from './leak-report.js';

/** What a reporter gets in answer to one report. */
export interface LeakFeedback {
  /** SHA-256 of the token, in hex. */
  readonly token_hash: string;
  readonly token_type: string;
  /** Whether it is a key of ours. */
  readonly label: 'true_positive' | 'false_positive';
}

/** Who revokes what was reported, for the record. */
const ACTOR = 'secret-scanning';

/** Revokes keys, and ends secrets of clients, that were found where they should not be, and reports them by events. */
@Injectable()
export class LeakReportService {
  constructor(
    private readonly apiKeys: ApiKeyService,
    private readonly clients: OAuthClientLeaks,
    private readonly events: SecurityEvents,
  ) {}

  /**
   * Revokes every reported token that is a key of ours, whatever its state, and ends each secret of a client. What comes twice counts once.
   *
   * @param reports from whom may be believed that they were found
   * @param request the request that brought them
   * @throws PortcullisError `temporarily_unavailable` when the store fails; what was revoked before stays so
   */
  async take(reports: readonly LeakReport[], request: RequestFacts): Promise<LeakFeedback[]> {
    const labels = new Map<string, LeakFeedback['label']>();
    const feedback: LeakFeedback[] = [];
    for (const report of reports) {
      const { token, type } = report;
      const label = labels.get(token) ?? (await this.#act(report, request));
      labels.set(token, label);
      feedback.push({ token_hash: hash('sha256', token, 'hex'), token_type: type, label });
    }
    return feedback;
  }

  async #act(report: LeakReport, request: RequestFacts): Promise<LeakFeedback['label']> {
    const found = await this.#end(report.token, request);
    if (found === undefined) return 'false_positive';
    const foundAt = publicUrl(report);
    this.events.emit(CREDENTIAL_LEAKED, {
      ...{ leak: 'report', ...found, request },
      ...(foundAt !== undefined && { foundAt }),
    });
    return 'true_positive';
  }

  /** @returns what it was; undefined where it is none of ours */
  async #end(
    token: string,
    { address, requestId }: RequestFacts,
  ): Promise<{ readonly credential: string; readonly id: string } | undefined> {
    const who = { actor: ACTOR, address, requestId };
    try {
      const key = await this.apiKeys.revokeLeaked(token, who);
      if (key !== undefined) return { credential: 'api-key', id: key.id };
      const secretId = await this.clients.end(token, who);
      return secretId === undefined ? undefined : { credential: 'client-secret', id: secretId };
    } catch (cause) {
      throw new PortcullisError(
        TEMPORARILY_UNAVAILABLE,
        `the store of what was reported failed: ${textOf(cause)}`,
        {
          retryAfterSeconds: 1,
          cause,
        },
      );
    }
  }
}
