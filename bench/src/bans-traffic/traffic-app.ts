import { Agent, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { All, Controller, Get, Header, type INestApplication, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { PortcullisModule, Public, type SecurityEvent, SecurityEvents } from '@portcullis/auth';
import { rootModule } from '../subjects/routes.js';
import type { SentRequest } from './traffic-case.js';

/** How the app answers what it has no route for: as the log says, by 404, or as an app of one page does. */
export const MODES = ['as logged', '404', 'SPA'] as const;
export type Mode = (typeof MODES)[number];

/** A header in which a proxy of ours names the client: no case sends it. */
const CLIENT = 'x-bench-client';
const ANSWER = 'x-bench-answer';

@Public()
@Controller('api')
class ItemsController {
  @Get('items/:id')
  item(@Param('id') id: string) {
    return { id };
  }
}

@Public()
@Controller()
class PageController {
  @All('{*path}')
  @Header('Content-Type', 'text/html')
  page() {
    return '<!doctype html><div id="app"></div>';
  }
}

/** A small app with the default rules, and the clock of whoever replays. */
export class TrafficApp {
  now = Date.UTC(2030, 0, 1);
  readonly #listeners = new Set<(event: SecurityEvent) => void>();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(
    private readonly app: INestApplication,
    private readonly mode: Mode,
  ) {}

  static async start(mode: Mode): Promise<TrafficApp> {
    let traffic: TrafficApp | undefined;
    const portcullis = PortcullisModule.forRoot({
      trustedProxies: ['127.0.0.1'],
      forwardedHeader: CLIENT,
      now: () => traffic?.now ?? Date.UTC(2030, 0, 1),
      events: { log: false },
    });
    const controllers = [ItemsController, ...(mode === 'SPA' ? [PageController] : [])];
    const module = rootModule({ imports: [portcullis], controllers });
    const app = await NestFactory.create(module, new ExpressAdapter(), { logger: false });
    if (mode === 'as logged') app.use(answerAsLogged);
    await app.listen(0, '127.0.0.1');
    traffic = new TrafficApp(app, mode);
    const listeners = traffic.#listeners;
    app.get(SecurityEvents).subscribe((event) => {
      for (const listener of listeners) listener(event);
    });
    return traffic;
  }

  /** Calls the listener with every event, until it is told to stop. */
  listen(listener: (event: SecurityEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends a request as if it came from an address. Resolves when it is answered; what no client of HTTP can send is left out. */
  async send(address: string, { method, target, headers, status }: SentRequest): Promise<boolean> {
    const { port } = this.app.getHttpServer().address() as AddressInfo;
    const answer = this.mode === 'as logged' && status !== undefined ? { [ANSWER]: String(status) } : {};
    try {
      await new Promise<void>((resolve, reject) => {
        const sent = send({
          ...{ port, host: '127.0.0.1', agent: this.#agent, path: sendable(target) },
          method,
          headers: { ...plain(headers), ...answer, [CLIENT]: address },
        });
        sent.on('response', (response) => response.resume().on('end', resolve).on('error', reject));
        sent.on('connect', (_, socket) => {
          socket.destroy();
          resolve();
        });
        sent.on('error', reject).end();
      });
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.app.close();
  }
}

interface Answering {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

function answerAsLogged(
  { headers }: Answering,
  response: { statusCode: number; end(text?: string): void },
  next: () => void,
): void {
  const status = Number(headers[ANSWER] ?? 404);
  if (!(status >= 200)) {
    next();
    return;
  }
  response.statusCode = status;
  response.end();
}

/** A client encodes what would end the request's line. */
function sendable(target: string): string {
  const encoded = target.replace(
    /[^\x21-\x7e]/g,
    (character) => `%${(character.charCodeAt(0) & 255).toString(16).padStart(2, '0')}`,
  );
  return encoded.slice(0, 12_000) || '/';
}

function plain(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name))
      .map(([name, value]) => [name, value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 8_000)]),
  );
}
