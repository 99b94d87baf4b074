import { commandGroup } from '../command-group.js';
import { ban, clear, forgive, unban } from './change-bans.js';
import { exportBans, importBans } from './import-export-bans.js';
import { explainBans, listBans } from './show-bans.js';

const USAGE = `portcullis bans list [--target <address>] [--rule <id>] [--all] [--json]
portcullis bans why <address> [--json]
portcullis bans ban <network> --reason <text> [--seconds <n>]
portcullis bans unban <id or network> [--reason <text>]
portcullis bans forgive <network> [--reason <text>]
portcullis bans clear --yes [--reason <text>]
portcullis bans import <file or -> --reason <text> [--seconds <n>] [--format plain|drop|crowdsec]
portcullis bans export --format plain|drop|crowdsec|nftables|ipset [--output <file>] [--allowed <network>]...

Shows and changes the bans in a database of @portcullis/sql. Running apps that follow the change feed know at once, others when they start again.
The change feed is that of the database, or with the environment's REDIS_URL the stream of this Redis: take the one that the apps follow.

  --store <file>       a SQLite file; otherwise the environment's DATABASE_URL (PostgreSQL) or PORTCULLIS_STORE (SQLite)
  --schema <name>      the schema of the tables in PostgreSQL; by default the first of the connection's search_path
  --prefix <text>      what the names of the tables begin with; portcullis_ by default
  --app <name>         whose stream in Redis it is: the app's name, which is its issuer's URL unless it says otherwise; otherwise ISSUER
  --key-prefix <text>  the same, where the app has a keyPrefix of its own
  --target <address>   only the bans of an address or a network, and of the networks around it
  --all                also bans that are over, as long as they are remembered
  --json               one JSON object in each line
  --seconds <n>        how long; by default 10 minutes for the first ban in a row, then an hour, a day, a week
  --output <file>      replaced as a whole, so that nobody reads half of it
  --allowed <network>  leave out the bans within it, as the option bans.allowed does in the app

Ends with 0, or with 2 when something could not be done.`;

export const bans = commandGroup(USAGE, {
  list: listBans,
  why: explainBans,
  ban,
  unban,
  forgive,
  clear,
  import: importBans,
  export: exportBans,
});
