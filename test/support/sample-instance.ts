import { once } from 'node:events';
import { addSecondFactor, stepUp } from '../../apps/sample/src/demo/second-factor/step-up.js';
import { commandsOf, screenOf, start } from './sample-process.js';

/** Of the admin of all processes that share a store. */
let recoveryCodes: readonly string[] = [];

/** One process of the sample, and its admin. */
export class SampleInstance {
  private constructor(
    readonly url: string,
    /** An API key that this process has made. */
    readonly key: string,
    /** An access token of the admin. */
    public token: string,
    private readonly child: ReturnType<typeof start>,
  ) {}

  /** @param environment what says where the data is */
  static async start(environment: Readonly<Record<string, string>>): Promise<SampleInstance> {
    const child = start({ ...environment, TRUSTED_PROXIES: '127.0.0.1' });
    const screen = await screenOf(child);
    const url = /http:\S+(?= \(API)/.exec(screen)?.[0] as string;
    const key = /^KEY=(\S+)$/m.exec(commandsOf(screen).join('\n'))?.[1] as string;
    const password = /^admin +(\S+)/m.exec(screen)?.[1] as string;
    const login = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password }),
    });
    const { access_token: token } = (await login.json()) as { access_token: string };
    return new SampleInstance(url, key, token, child);
  }

  /** What the id of {@link key} is. */
  get keyId(): string {
    return /_live_([^_]+)_/.exec(this.key)?.[1] as string;
  }

  /** Does something that is an admin's to do, whatever the answer. */
  ask(method: string, path: string, body?: object): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** Does something that is an admin's to do, by a second factor where that is asked for, and succeeds. */
  async administer<T>(method: string, path: string, body?: object): Promise<T> {
    let response = await this.ask(method, path, body);
    let text = await response.text();
    if (text.includes('insufficient_user_authentication')) {
      await this.raise();
      response = await this.ask(method, path, body);
      text = await response.text();
    }
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}\n${this.output()}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Proves a second factor, for what ends something: by a code that is left, unless a process that has begun since has forgotten it. */
  async raise(): Promise<void> {
    const [code, ...others] = recoveryCodes;
    const raised = code === undefined ? undefined : stepUp(this.url, this.token, code).catch(() => undefined);
    const token = await raised;
    if (token === undefined)
      ({ token: this.token, recoveryCodes } = await addSecondFactor(this.url, this.token));
    else [this.token, recoveryCodes] = [token, others];
  }

  /** The status that a client at an address gets. */
  async statusAt(address: string): Promise<number> {
    const response = await fetch(`${this.url}/health`, { headers: { 'x-forwarded-for': address } });
    return response.status;
  }

  /** The status that an access token gets where its user has to be known. */
  async statusOf(token: string): Promise<number> {
    return (await fetch(`${this.url}/parcels`, { headers: { authorization: `Bearer ${token}` } })).status;
  }

  async statusWith(key: string): Promise<number> {
    return (await fetch(`${this.url}/reports/volume`, { headers: { 'x-api-key': key } })).status;
  }

  /** What the process has written so far. */
  output(): string {
    return this.child.output();
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    // What it has said comes before that, and may come after its exit.
    const closed = once(this.child, 'close');
    this.child.kill(signal);
    await closed;
  }
}
