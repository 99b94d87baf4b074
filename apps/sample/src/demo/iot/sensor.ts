import { DeviceKey } from '../device/device-key.js';

const CLIENT_ID = 'demo-sensor';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/** What the server is asked for its endpoints by (RFC 8414, RFC 8628 section 4). */
interface Metadata {
  readonly token_endpoint: string;
  readonly device_authorization_endpoint: string;
}

/** RFC 8628 section 3.2. */
export interface DeviceAuthorization {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly expires_in: number;
  /** Seconds between two polls at least; 5 where the server doesn't say. */
  readonly interval?: number;
}

export interface SensorTokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token: string;
}

/** An answer that is no success: RFC 6749 section 5.2. */
export class TokenError extends Error {
  constructor(readonly code: string) {
    super(`The server says ${code}`);
  }
}

/** A thing without screen and keyboard, but with a key of its own that never leaves it: what it is given works with that key only. */
export class Sensor {
  private constructor(
    private readonly key: DeviceKey,
    private readonly metadata: Metadata,
    private readonly pause: (seconds: number) => Promise<unknown>,
  ) {}

  /** @param pause waits that many seconds */
  static async make(issuer: string, pause: (seconds: number) => Promise<unknown>): Promise<Sensor> {
    const response = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
    if (!response.ok) throw new Error(`${issuer} has no metadata: ${response.status}`);
    return new Sensor(await DeviceKey.make(), (await response.json()) as Metadata, pause);
  }

  /** Asks for a code that somebody types in on another device. */
  async begin(scope: string): Promise<DeviceAuthorization> {
    const url = this.metadata.device_authorization_endpoint;
    return (await this.#post(url, { scope })) as DeviceAuthorization;
  }

  /**
   * Polls until somebody has decided, never faster than the server has it.
   *
   * @param tell hears of each answer that is none yet
   * @throws TokenError `access_denied`, `expired_token` and others
   */
  async poll(
    { device_code, interval: first = 5 }: DeviceAuthorization,
    tell: (code: string, interval: number) => void,
  ): Promise<SensorTokens> {
    let interval = first;
    for (;;) {
      await this.pause(interval);
      try {
        return await this.#tokens({ grant_type: DEVICE_CODE, device_code });
      } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        if (error.code === 'slow_down') interval += 5;
        else if (error.code !== 'authorization_pending') throw error;
        tell(error.code, interval);
      }
    }
  }

  /** The next tokens. Without the key of this sensor the refresh token is of no use, either. */
  refresh(refreshToken: string): Promise<SensorTokens> {
    return this.#tokens({ grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  async get(url: string, accessToken: string): Promise<Response> {
    const proof = await this.key.prove({ method: 'GET', url, accessToken });
    return fetch(url, { headers: { Authorization: `DPoP ${accessToken}`, DPoP: proof } });
  }

  async #tokens(form: Record<string, string>): Promise<SensorTokens> {
    const url = this.metadata.token_endpoint;
    return (await this.#post(url, form, await this.key.prove({ method: 'POST', url }))) as SensorTokens;
  }

  async #post(url: string, form: Record<string, string>, proof?: string): Promise<unknown> {
    const body = new URLSearchParams({ client_id: CLIENT_ID, ...form });
    const response = await fetch(url, { method: 'POST', body, ...(proof && { headers: { DPoP: proof } }) });
    const answer = (await response.json()) as { readonly error?: string };
    if (!response.ok) throw new TokenError(answer.error ?? String(response.status));
    return answer;
  }
}
