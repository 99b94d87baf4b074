import { Header, Headers, HttpCode, Post, Req } from '@nestjs/common';
import { Public } from '../access/access.decorator.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import type { RequestFacts } from '../events/security-event.js';
import { CurrentRequest } from '../request/current-identity.decorator.js';
import { INVALID_SIGNATURE } from './leak-refusals.js';
import { readLeakReports } from './leak-report.js';
import { type LeakFeedback, LeakReportService } from './leak-report-service.js';
import { ReportSignatures } from './report-signatures.js';

/** What the framework has read of a request. */
interface ReadMessage {
  /** The bytes as they came, where the app was created with `rawBody: true`. */
  readonly rawBody?: unknown;
  /** What the framework's parser made of them. */
  readonly body?: unknown;
}

/** Takes reports as GitHub's secret scanning partner program sends them. The signature is the credential. */
@Public()
export class LeakReportsController {
  constructor(
    private readonly signatures: ReportSignatures,
    private readonly reports: LeakReportService,
  ) {}

  /** Revokes the reported keys, and says which reports were right. */
  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async take(
    @Req() message: ReadMessage,
    @Headers('github-public-key-identifier') keyIdentifier: unknown,
    @Headers('github-public-key-signature') signature: unknown,
    @CurrentRequest() request: RequestFacts,
  ): Promise<LeakFeedback[]> {
    const bytes = this.#bytesOf(message);
    await this.signatures.verify(bytes, keyIdentifier, signature);
    return this.reports.take(readLeakReports(bytes), request);
  }

  /** Whether an app keeps the bytes can't be seen when it boots: Nest says nothing, and a parser of its own may keep them too. */
  #bytesOf({ rawBody, body }: ReadMessage): Buffer {
    if (Buffer.isBuffer(rawBody)) return rawBody;
    if (typeof body !== 'object' || body === null)
      throw new PortcullisError(INVALID_SIGNATURE, 'there is no JSON body that could be signed');
    throw new PortcullisError(
      TEMPORARILY_UNAVAILABLE,
      'signatures of leak reports can only be checked when the app is created with { rawBody: true }',
    );
  }
}
