/** Serves a socket file at port 7000 of 192.0.2.1, and runs a program beside it. */
const RELAY = `
  const { connect, createServer } = require('node:net');
  const { spawn } = require('node:child_process');
  const [socket, program, ...args] = process.argv.slice(1);
  const relay = createServer((client) => {
    const server = connect(socket);
    for (const one of [client, server]) one.on('error', () => {}).on('close', () => (client.destroy(), server.destroy()));
    client.pipe(server).pipe(client);
  });
  relay.listen(7000, '192.0.2.1', () =>
    spawn(program, args, { stdio: 'inherit' }).on('close', (code) => process.exit(code)));
`;

/**
 * Starts a command in a network that has nothing but an address of documentation, 192.0.2.1, at whose port 7000 a server of this
 * machine answers. So that server is not on loopback, and nobody else sees it.
 *
 * @param socket the file at which the server listens
 */
export function elsewhere(socket: string): readonly string[] {
  return [
    ...['unshare', '--map-root-user', '--net', 'sh', '-c'],
    'ip link set lo up && ip address add 192.0.2.1/32 dev lo && exec "$0" "$@"',
    ...[process.execPath, '-e', RELAY, '--', socket],
  ];
}
