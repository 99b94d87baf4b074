import { Agent, request } from 'node:http';
import { PATIENCE } from './bounds.js';

export interface Question {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** What came back, and between which two moments it was decided. */
export interface Answer {
  /** 0 where none came: nobody knows what was done. */
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly asked: number;
  readonly answered: number;
}

/** Asks one process; never fails. */
export function ask(url: string, agent: Agent, question: Question): Promise<Answer> {
  const { method = 'GET', path, headers = {}, body } = question;
  const text = body && JSON.stringify(body);
  const asked = performance.now();
  return new Promise((resolve) => {
    const done = (status: number, said = '') =>
      resolve({ status, body: parsed(said), asked, answered: performance.now() });
    const sent = request(
      url + path,
      {
        method,
        agent,
        headers: {
          ...headers,
          ...(text && { 'content-type': 'application/json', 'content-length': text.length }),
        },
        signal: AbortSignal.timeout(PATIENCE),
      },
      (response) => {
        let said = '';
        response.setEncoding('utf8').on('data', (part) => {
          said += part;
        });
        response.once('end', () => done(response.statusCode ?? 0, said));
        response.once('error', () => done(0));
      },
    );
    sent.once('error', () => done(0)).end(text);
  });
}

function parsed(text: string): Answer['body'] {
  return text.startsWith('{') ? JSON.parse(text) : {};
}
