import { Injectable } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';

/** Documents under `/.well-known` that modules besides the core publish. They never change. */
@Injectable()
export class FurtherDocuments {
  readonly #documents = new Map<string, object>();

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

  /** @returns undefined where nobody has published it */
  find(name: string): object | undefined {
    return this.#documents.get(name);
  }
}
