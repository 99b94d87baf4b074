import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwksOf, type KeyTexts } from './issuer-keys.js';

/** Publishes the issuer's keys on loopback, for who takes them from nowhere else. */
export class JwksServer {
  readonly #server;

  constructor(publicKeys: KeyTexts) {
    const document = JSON.stringify(jwksOf(publicKeys));
    this.#server = createServer((_, response) => {
      response.setHeader('Content-Type', 'application/json').end(document);
    });
  }

  /** @returns the URL of the key set */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
