import type { IncomingMessage } from 'node:http';

/** Whether an error is that of the request's own connection: its client has gone, or sends no HTTP. Nothing of ours has failed then. */
export function isOfConnection(error: Error, { complete, errored, socket }: IncomingMessage): boolean {
  const isBrokenOff = !complete && socket.destroyed;
  return isBrokenOff || error === errored || error === socket.errored;
}
