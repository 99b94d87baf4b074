import { RawConnection, type RawResponse } from './raw-connection.js';

/** A request as it is written, but for its `Host`. */
export interface Sent {
  readonly line: string;
  readonly headers: readonly string[];
  readonly body?: string;
}

/** A client that sends the same bytes again and again over one connection. Should the server close that, the test fails. */
export class KeptClient {
  readonly answers: RawResponse[] = [];

  private constructor(
    private readonly connection: RawConnection,
    private readonly sent: Sent,
  ) {}

  static async open(url: string, sent: Sent): Promise<KeptClient> {
    return new KeptClient(await RawConnection.open(url), sent);
  }

  /** Sends it once more, perhaps with something else in it. @returns the status, and the code of a refusal or the text of a handler */
  async ask(changes: Partial<Sent> = {}): Promise<string> {
    const { line, headers, body } = { ...this.sent, ...changes };
    this.connection.request(line, headers, body);
    const answer = await this.connection.response();
    this.answers.push(answer);
    const isProblem = answer.headers['content-type']?.startsWith('application/problem+json') === true;
    return `${answer.status} ${isProblem ? JSON.parse(answer.body).code : answer.body}`;
  }

  close(): void {
    this.connection.destroy();
  }
}
