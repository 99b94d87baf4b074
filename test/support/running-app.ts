import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { PortcullisModule, type PortcullisModuleOptions } from '@portcullis/auth';
import { EventRecorder } from './events.js';
import { type Booted, type BootOptions, boot, type Platform, platforms } from './platforms.js';

/** What an app is made of: Portcullis with these options, and what else a test needs beside it. */
export interface AppParts extends Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'>, BootOptions {
  readonly portcullis?: PortcullisModuleOptions;
}

/**
 * A block of tests on each platform; `title` says `%s` where the name of the platform goes.
 * Tests that leave each other alone share an app that is started in `beforeAll`; others start their own.
 */
export function describeOnPlatforms(title: string, tests: (running: RunningApp) => void): void {
  describe.each(platforms)(title, (platform) => {
    const running = new RunningApp(platform);
    // Before those of the tests: what an app relies on goes after it.
    afterAll(() => running.close());
    tests(running);
  });
}

/** The app that a block of tests talks to. */
export class RunningApp {
  #booted: Booted | undefined;
  #events: EventRecorder | undefined;

  constructor(readonly platform: Platform) {}

  get app(): INestApplication {
    return this.#running.app;
  }

  get url(): string {
    return this.#running.url;
  }

  /** What the app has reported so far; there also once it is closed. */
  get events(): EventRecorder {
    if (!this.#events) throw new Error('No app was started');
    return this.#events;
  }

  /** Boots an app, and closes the one before. */
  async start(parts: AppParts): Promise<void> {
    await this.close();
    const { portcullis = {}, imports = [], controllers = [], providers = [], ...options } = parts;
    const metadata = { imports: [PortcullisModule.forRoot(portcullis), ...imports], controllers, providers };
    this.#booted = await boot(this.platform, metadata, options);
    this.#events = new EventRecorder(this.#booted.app);
  }

  /** Resolves when everything that the app had to report is reported. */
  async close(): Promise<void> {
    const booted = this.#booted;
    this.#booted = undefined;
    await booted?.app.close();
  }

  readonly fetch = (path: string, init?: RequestInit): Promise<Response> => fetch(this.url + path, init);

  /** A GET with the headers of all the given credentials. */
  readonly get = (path: string, ...credentials: object[]): Promise<Response> =>
    this.fetch(path, { headers: Object.assign({}, ...credentials) });

  readonly statusOf = async (path: string, ...credentials: object[]): Promise<number> => {
    const response = await this.get(path, ...credentials);
    // A body that is left unread keeps its connection from the next request.
    await response.arrayBuffer();
    return response.status;
  };

  /** A request with a JSON body, if it has one. */
  readonly send = (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Response> =>
    this.fetch(path, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  get #running(): Booted {
    if (!this.#booted) throw new Error('No app is running');
    return this.#booted;
  }
}
