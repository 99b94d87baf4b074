import { DeviceKey } from './device-key.js';

/** Who logs in, and where. */
export interface DeviceLogin {
  /** Where the app is, as its clients call it. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/**
 * A client with a key of its own: it logs in with a proof of it, uses the token, and shows what becomes of a copy.
 *
 * @param say is given each line of the story
 * @throws Error where an answer is not what the story says
 */
export async function runDeviceDemo(login: DeviceLogin, say: (line: string) => void): Promise<void> {
  const phone = await DeviceKey.make();
  say('The phone makes a key that it can use and nobody can read.');

  const accessToken = await logIn(phone, login, say);
  const parcels = `${login.url}/parcels`;
  const ask = async (who: string, headers: Record<string, string>, expected: number) => {
    const { status } = await fetch(parcels, { headers });
    say(`${who}: ${status}`);
    if (status !== expected) throw new Error(`${status} in the place of ${expected}`);
  };
  const proof = (key: DeviceKey) => key.prove({ method: 'GET', url: parcels, accessToken });

  const sent = { Authorization: `DPoP ${accessToken}`, DPoP: await proof(phone) };
  await ask('GET /parcels with the token and a proof', sent, 200);
  await ask('GET /parcels with another proof', { ...sent, DPoP: await proof(phone) }, 200);

  say('Somebody copies the token, and sends it from a laptop.');
  const laptop = await DeviceKey.make();
  await ask('As a bearer token', { Authorization: `Bearer ${accessToken}` }, 401);
  await ask('Without a proof', { Authorization: `DPoP ${accessToken}` }, 401);
  await ask("With a proof of the laptop's own key", { ...sent, DPoP: await proof(laptop) }, 401);
  await ask('With a proof of the phone that was used already', sent, 401);
}

async function logIn(
  key: DeviceKey,
  { url, username, password }: DeviceLogin,
  say: (line: string) => void,
): Promise<string> {
  const to = `${url}/auth/login`;
  const response = await fetch(to, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', DPoP: await key.prove({ method: 'POST', url: to }) },
    body: JSON.stringify({ username, password }),
  });
  const answer = (await response.json()) as { token_type: string; access_token: string };
  say(`POST /auth/login with a proof: ${response.status}, a token of type ${answer.token_type}`);
  if (answer.token_type !== 'DPoP') throw new Error('The login gave no token that is bound to the key');
  return answer.access_token;
}
