import { Sensor, type SensorTokens, TokenError } from './sensor.js';

/** How the story goes. */
export interface IotDemo {
  /** The authorization server, whose `/parcels` is called. */
  readonly issuer: string;
  /** Waits that many seconds. */
  readonly pause: (seconds: number) => Promise<unknown>;
  /** How often the sensor calls, refreshing in between. */
  readonly rounds: number;
}

/**
 * A sensor in a depot that somebody lets in with a phone: it shows a code, polls, gets tokens that are bound to its key, refreshes them and
 * calls the API. In the end it shows what a stolen refresh token is worth.
 *
 * @param say is given each line of the story
 * @throws Error where an answer is not what the story says
 */
export async function runIotDemo(
  { issuer, pause, rounds }: IotDemo,
  say: (line: string) => void,
): Promise<void> {
  const sensor = await Sensor.make(issuer, pause);
  say('The sensor has a key that never leaves it.');
  const authorization = await sensor.begin('parcels:read offline_access');
  say(`Open ${authorization.verification_uri} and type ${authorization.user_code}`);
  let tokens = await sensor.poll(authorization, (code, interval) =>
    say(`${code}: once more in ${interval} s`),
  );
  say(`Let in, with a token of type ${tokens.token_type} and ${tokens.access_token.length} bytes`);
  if (tokens.token_type !== 'DPoP') throw new Error('The token is not bound to the key');

  for (let round = 1; round <= rounds; round++) {
    await call(sensor, issuer, tokens, say);
    tokens = await sensor.refresh(tokens.refresh_token);
    say('Refreshed, with a proof of the same key');
  }
  await call(sensor, issuer, tokens, say);

  say('Somebody reads the refresh token out of the memory of the sensor.');
  const thief = await Sensor.make(issuer, pause);
  const code = await thief.refresh(tokens.refresh_token).then(
    () => 'new tokens',
    (error) => (error instanceof TokenError ? error.code : Promise.reject(error)),
  );
  say(`With another key it gets ${code}`);
  if (code === 'new tokens') throw new Error('A refresh token works without its key');
}

async function call(
  sensor: Sensor,
  issuer: string,
  tokens: SensorTokens,
  say: (line: string) => void,
): Promise<void> {
  const { status } = await sensor.get(`${issuer}/parcels`, tokens.access_token);
  say(`GET /parcels with a proof: ${status}`);
  if (status !== 200) throw new Error(`${status} in the place of 200`);
}
