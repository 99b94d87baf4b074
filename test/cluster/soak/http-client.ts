import { Agent, request } from 'node:http';
import { PATIENCE } from './bounds.js';

export interface Question {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
  readonly form?: Readonly<Record<string, string>>;
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
  const { method = 'GET', path, headers = {} } = question;
  const [type, text] = contentOf(question);
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
          ...(text !== undefined && { 'content-type': type, 'content-length': text.length }),
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

function contentOf({ body, form }: Question): readonly [type: string, text: string | undefined] {
  if (form !== undefined) return ['application/x-www-form-urlencoded', `${new URLSearchParams(form)}`];
  return ['application/json', body && JSON.stringify(body)];
}

function parsed(text: string): Answer['body'] {
  return text.startsWith('{') ? JSON.parse(text) : {};
}
