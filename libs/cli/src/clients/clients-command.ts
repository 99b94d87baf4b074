import { commandGroup } from '../command-group.js';
import { DATABASE_USAGE } from '../database/database-place.js';
import { createClient, deleteClient, disableClient, enableClient, rotateClient } from './change-clients.js';
import { listClients } from './list-clients.js';

const USAGE = `portcullis clients list [--json]
portcullis clients create --name <text> --kind web|browser|native|device|machine [--redirect <uri>]... [--scope <scope>]...
                          [--jwks-uri <url>] [--skip-consent] [--demand-binding] [--compact] [--token-seconds <n>] [--json]
portcullis clients rotate <id> --overlap <seconds> [--json]
portcullis clients disable <id>
portcullis clients enable <id>
portcullis clients delete <id> --yes

Shows and changes the clients of an authorization server in a database of @portcullis/sql; those that the code of an app names are not among
them. A secret is shown once, when it is made. What a client was issued ends when it is disabled or deleted: running apps that follow the
change feed know at once, others when they start. It is that of the database, or with the environment's REDIS_URL the stream of this Redis.

  --issuer <url>     the issuer of the app, to the letter; by default ISSUER of the environment
  --name <text>      what people are asked about
  --redirect <uri>   where browsers come back to, to the letter
  --scope <scope>    what it may ask for at most, such as parcels:read or parcels:*
  --jwks-uri <url>   where its public keys are: it signs then, and has no secret
  --skip-consent     people are not asked: for clients of your own
  --demand-binding   only tokens that are bound to a key
  --compact          small access tokens, for devices
  --token-seconds <n>  how long its access tokens work; by default as long as those of the app
  --overlap <n>      how long the secrets before still work, in seconds; 0: they end now
  --json             one JSON object in each line
  --max-lifetime <n>  tokens.maxLifetimeSeconds of the app, where that is not 86400: so long it is remembered what has ended
${DATABASE_USAGE}
  --app <name>       the app in REDIS_URL; by default ISSUER of the environment, or the issuer
  --key-prefix <t>   the keyPrefix of the app in REDIS_URL, where it has one

Ends with 0, or with 2 when something could not be done.`;

export const clients = commandGroup(USAGE, {
  list: listClients,
  create: createClient,
  rotate: rotateClient,
  disable: disableClient,
  enable: enableClient,
  delete: deleteClient,
});
