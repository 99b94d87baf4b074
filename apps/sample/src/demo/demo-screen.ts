import { join } from 'node:path';
import type { NewUser } from '../auth/accounts.service.js';
import type { SampleConfig } from '../config.js';
import type { Demo } from './prepare-demo.js';

/** Leaves room for the longest command, and for a short note on a screen of 110 columns. */
const NOTE_COLUMN = 84;

const key = '-H "X-API-Key: $KEY"';
const bearer = (variable: string) => `-H "Authorization: Bearer $${variable}"`;

/** One screen that says where the app is, who may use it, and what to paste into bash to see it work. */
export function demoScreen(
  url: string,
  { adapter, dataFolder, databaseUrl, hasDemoClients, issuer, loginOrigin }: SampleConfig,
  demo: Demo,
): string {
  const { dispatcher, driver, admin, depot, trackingCode } = demo;
  // With a server the command takes it from the same variable as the app.
  const store =
    databaseUrl === undefined && dataFolder !== undefined
      ? ` --store ${join(dataFolder, 'portcullis.db')}`
      : '';
  const login = ({ username, password }: NewUser) => `$(login ${username} ${password})`;

  return alignNotes(`Parcel delivery on ${adapter}: ${url} (API docs: ${url}/docs)
Log in, add a passkey, see your devices: ${loginOrigin}/login${
    hasDemoClients
      ? `
Let the client demo act for you: npm run demo:client -- ${issuer}; let a sensor in: npm run demo:iot -- ${issuer}`
      : ''
  }
user        password          scopes
${[dispatcher, driver, admin].map(describe).join('\n')}

Paste into bash, from the top. The API key is that of ${depot.name}, with ${depot.scopes.join(' ')}.
curl ${url}/health  # open to everyone
curl ${url}/track/${trackingCode}  # so is tracking by code
login() { curl -s ${url}/auth/login --json '{"username":"'$1'","password":"'$2'"}' | grep -o 'eyJ[^"]*'; }
TOKEN=${login(dispatcher)}  # log in
curl ${url}/parcels ${bearer('TOKEN')}  # needs parcels:read
curl ${url}/parcels ${bearer('TOKEN')} \\
  --json '{"recipient":"Grace Hopper","destination":"Arlington","weightGrams":900}'  # needs parcels:write
KEY=${depot.key}
curl ${url}/parcels/1/scans ${key} \\
  --json '{"place":"Depot North, gate 3"}'  # an app, no user
DRIVER=${login(driver)}  # log in
curl -X POST ${url}/parcels/2/handover \\
  ${key} ${bearer('DRIVER')}  # an app and a user
curl ${url}/reports/volume ${key}  # an app or a user
curl -i ${url}/parcels  # 401 with a challenge
curl -i ${url}/reports/volume ${bearer('DRIVER')}  # 403 naming the scope
ADMIN=${login(admin)}  # log in
curl ${url}/admin/api-keys ${bearer('ADMIN')} \\
  --json '{"appId":"shop","name":"Shop","scopes":["scans:write"],"lifetimeSeconds":600}'  # make a key
MINE=$(curl -s ${url}/personal-tokens ${bearer('TOKEN')} \\
  --json '{"name":"nightly","scopes":["parcels:read"]}' | grep -o 'parcel_live_[^"]*')  # for scripts
curl ${url}/parcels ${bearer('MINE')}  # the script's turn
curl -i -X DELETE "${url}/admin/bans?all=true" ${bearer('ADMIN')}  # 401: asks for a second factor
ADMIN=$(npm run -s demo:second-factor -- ${url} $ADMIN)  # adds an app, steps up
curl ${url}/admin/revocations ${bearer('ADMIN')} \\
  --json '{"subject":"admin","reason":"leaving"}'  # revoke own tokens
curl -i ${url}/admin/bans ${bearer('ADMIN')}  # 401: no longer good
curl -so /dev/null -w '%{http_code} ' "${url}/.env.[a-t]"  # 404 until banned
curl -i ${url}/health  # 403
npx portcullis bans forgive 127.0.0.1${store}  # let in again`);
}

function describe({ username, password, scopes }: NewUser): string {
  return `${username.padEnd(12)}${password.padEnd(18)}${scopes.join(' ')}`;
}

function alignNotes(text: string): string {
  return text.replace(/^(.*?) +(# .*)$/gm, (_, command: string, note: string) => {
    return `${command.padEnd(NOTE_COLUMN)} ${note}`;
  });
}
