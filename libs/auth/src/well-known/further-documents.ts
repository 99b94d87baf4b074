import { Injectable } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';

/** Documents under `/.well-known` that modules besides the core publish. They never change. */
@Injectable()
export class FurtherDocuments {
  readonly #documents = new Map<string, object>();
  #server: Readonly<Record<string, unknown>> | undefined;

  /**
   * @param name of the document, as it is registered (RFC 8615): `webauthn`
   * @throws PortcullisConfigurationError where another one has that name
   */
  publish(name: string, document: object): void {
    const known = this.#documents.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(document))
      throw new PortcullisConfigurationError([`/.well-known/${name} would be two different documents`]);
    this.#documents.set(name, document);
  }

  /**
   * Says what this app is as an authorization server, besides its issuer and its keys (RFC 8414 section 2).
   *
   * @throws PortcullisConfigurationError where somebody has said so already
   */
  describeServer(fields: Readonly<Record<string, unknown>>): void {
    if (this.#server !== undefined)
      throw new PortcullisConfigurationError(['There is an authorization server in this app already']);
    this.#server = fields;
  }

  /** Undefined where the app only issues tokens. */
  get server(): Readonly<Record<string, unknown>> | undefined {
    return this.#server;
  }

  /** @returns undefined where nobody has published it */
  find(name: string): object | undefined {
    return this.#documents.get(name);
  }
}
