import { TestPasskeyDevice } from '@portcullis/testing';
import type { RunningApp } from '../support/running-app.js';
import { PASSWORD } from '../support/users.js';
import { ORIGIN } from './passkey-app.js';

/** What a route has answered. */
export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each route has its own.
  readonly body: any;
}

/** Somebody at a browser. */
export class PasskeyClient {
  /** @param headers of each request */
  constructor(
    readonly running: Pick<RunningApp, 'send'>,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async send(method: string, path: string, body?: object, accessToken?: string): Promise<Answered> {
    const authorization = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
    const headers = { ...this.headers, ...authorization };
    const response = await this.running.send(method, path, headers, body);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }

  post(path: string, body: object = {}, accessToken?: string): Promise<Answered> {
    return this.send('POST', `/auth/${path}`, body, accessToken);
  }

  logIn(username = 'ada'): Promise<Answered> {
    return this.post('login', { username, password: PASSWORD });
  }

  /** A device whose passkey is registered by the login of this token. */
  async register(
    accessToken: string,
    device = new TestPasskeyDevice({ origin: ORIGIN }),
  ): Promise<TestPasskeyDevice> {
    const options = await this.post('passkeys/options', {}, accessToken);
    const passkey = device.create(options.body);
    const { status, body } = await this.post('passkeys', { passkey, name: 'Laptop' }, accessToken);
    if (status !== 201) throw new Error(`The passkey was not registered: ${status} ${JSON.stringify(body)}`);
    return device;
  }

  /** The first device of somebody who has just logged in with a password. */
  async firstDevice(username = 'ada', device?: TestPasskeyDevice): Promise<TestPasskeyDevice> {
    const { body } = await this.logIn(username);
    return this.register(body.access_token, device);
  }

  async loginOptions(): Promise<{ readonly challenge: string; readonly rpId: string }> {
    return (await this.post('passkey-login/options')).body;
  }

  async logInWith(
    device: TestPasskeyDevice,
    changes: Parameters<TestPasskeyDevice['get']>[1] = {},
  ): Promise<Answered> {
    return this.post('passkey-login', { passkey: device.get(await this.loginOptions(), changes) });
  }
}
