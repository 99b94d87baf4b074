import { install } from './apt.js';
import makePrograms from './make-programs.js';
import { makeCluster } from './postgres-cluster.js';
import {
  apacheProgram,
  caddyProgram,
  chromiumProgram,
  oathtoolProgram,
  oidcAgentPrograms,
  pgbouncerProgram,
  postgresPrograms,
  redisProgram,
} from './programs.js';

/**
 * Runs once, before the tests that need servers: finds those that tests start, a browser and an authenticator, installs those that are missing where that is possible
 * (as root, on Debian) and not forbidden by `TEST_SERVICES=never`, and tells the tests where they are. What is still missing fails the
 * tests that need it, and no others.
 */
export default async function findServers() {
  await makePrograms();
  const missing = [
    ...(redisProgram() === undefined ? ['redis-server'] : []),
    ...(postgresPrograms() === undefined ? ['postgresql'] : []),
    ...(pgbouncerProgram() === undefined ? ['pgbouncer'] : []),
    ...(oathtoolProgram() === undefined ? ['oathtool'] : []),
    ...(apacheProgram() === undefined ? ['apache2', 'libapache2-mod-auth-openidc'] : []),
    ...(caddyProgram() === undefined ? ['caddy'] : []),
    ...(oidcAgentPrograms() === undefined ? ['oidc-agent-cli'] : []),
  ];
  if (process.getuid?.() === 0 && process.env.TEST_SERVICES !== 'never') {
    if (missing.length > 0) installForTests(missing);
    // By itself: it is large, and where it can't be had the servers can.
    if (chromiumProgram() === undefined) installForTests(['chromium']);
  }
  process.env.PORTCULLIS_REDIS = redisProgram() ?? '';
  process.env.PORTCULLIS_OATHTOOL = oathtoolProgram() ?? '';
  process.env.PORTCULLIS_APACHE = apacheProgram() ?? '';
  process.env.PORTCULLIS_CADDY = caddyProgram() ?? '';
  process.env.PORTCULLIS_OIDC_AGENT = oidcAgentPrograms() ?? '';
  process.env.PORTCULLIS_CHROMIUM = chromiumProgram() ?? '';
  const postgres = postgresPrograms();
  process.env.PORTCULLIS_POSTGRES = postgres ?? '';
  process.env.PORTCULLIS_POSTGRES_CLUSTER = postgres === undefined ? '' : makeCluster(postgres);
}

/** @param {readonly string[]} missing */
function installForTests(missing) {
  const names = missing.join(' ');
  process.stderr.write(`Installing by apt-get, for the tests: ${names} (TEST_SERVICES=never forbids it)\n`);
  try {
    install(missing);
  } catch (error) {
    process.stderr.write(`apt-get failed: ${error instanceof Error ? error.message : error}\n`);
  }
}
