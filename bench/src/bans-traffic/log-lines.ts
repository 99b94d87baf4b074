import type { SentRequest, TrafficCase } from './traffic-case.js';

/** A line of a log in Apache's combined format, wherever in a line of another log it stands. */
const LINE =
  /([\da-fA-F:.]{3,45}) \S+ (\S+) \[(\d+)\/(\w+)\/(\d+):(\d+:\d+:\d+) ([+-]\d\d)(\d\d)\] "((?:[^"\\]|\\.)*)" (\d{3}) \S+(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?/;

const REQUEST = /^([A-Z]{3,20}) (\S.*?) HTTP\/1\.[01]$|^([A-Z]{3,20}) (\S.*?) HTTP\/[23](?:\.0)?$/;

/** What somebody has sent, by address. A line that is no request of HTTP never reaches an app, and is left out. */
export function clientsIn(log: string): Map<string, SentRequest[]> {
  const clients = new Map<string, (SentRequest & { time: number })[]>();
  for (const line of log.split('\n')) {
    const parts = LINE.exec(line);
    if (parts === null) continue;
    const [, address = '', user, day, month, year, clock, hours, minutes, text = '', status, ...rest] = parts;
    const [referer, agent] = rest;
    const request = REQUEST.exec(unescaped(text));
    if (request === null) continue;
    const time = Date.parse(`${day} ${month} ${year} ${clock} ${hours}${minutes}`);
    const sent = clients.get(address) ?? [];
    clients.set(address, sent);
    sent.push({
      method: request[1] ?? request[3] ?? 'GET',
      target: request[2] ?? request[4] ?? '/',
      headers: {
        ...{ ...given('referer', referer), ...given('user-agent', agent) },
        ...passwordOf(user, status, sent.length),
      },
      status: Number(status),
      at: Math.max(0, time - (sent[0]?.time ?? time)),
      time,
    });
  }
  return clients;
}

/** A case for each client. */
export function casesOf(
  log: string,
  caseOf: (address: string, sent: readonly SentRequest[]) => Omit<TrafficCase, 'requests'> | undefined,
): TrafficCase[] {
  return [...clientsIn(log)].flatMap(([address, requests]) => {
    const about = caseOf(address, requests);
    return about === undefined ? [] : [{ ...about, requests }];
  });
}

function given(name: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === '-' || value === '' ? {} : { [name]: unescaped(value) };
}

/** A log names who has sent a password, and keeps no password: of who was refused each is another one, as those of guesses are. */
function passwordOf(
  user: string | undefined,
  status: string | undefined,
  guess: number,
): Record<string, string> {
  if (user === undefined || user === '-') return {};
  const password = Buffer.from(`${user}:${status === '401' ? guess : ''}`).toString('base64');
  return { authorization: `Basic ${password}` };
}

function unescaped(text: string): string {
  return text.replace(/\\x([\da-fA-F]{2})/g, (_, code: string) => `%${code}`).replace(/\\(["\\])/g, '$1');
}
