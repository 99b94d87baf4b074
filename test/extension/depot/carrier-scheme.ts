import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppIdentity,
  type Challenge,
  type CredentialScheme,
  INVALID_REQUEST,
  PortcullisError,
  type RequestContext,
} from '@portcullis/auth';
import { DEPOT_OPTIONS, type DepotOptions } from './depot.options.js';
import { INVALID_CARRIER_SIGNATURE } from './depot-refusals.js';

/** What a carrier sends: `<carrier>:<signature>`. */
interface CarrierSignature {
  readonly carrier: string;
  readonly signature: string;
  readonly signed: string;
}

/** Proves a carrier by an HMAC over method and URL, in a header of its own. */
@Injectable()
export class CarrierScheme implements CredentialScheme<CarrierSignature> {
  readonly kind = 'carrier';
  readonly proves = 'app';
  readonly headers: readonly string[];
  readonly #header: string;

  constructor(@Inject(DEPOT_OPTIONS.token) private readonly depot: DepotOptions) {
    this.#header = depot.signatureHeader.toLowerCase();
    this.headers = [this.#header];
  }

  present(request: RequestContext): CarrierSignature | undefined {
    const text = request.header(this.#header);
    if (text === undefined) return undefined;
    const [carrier, signature, ...more] = text.split(':');
    if (!carrier || !signature || more.length > 0)
      throw new PortcullisError(INVALID_REQUEST, 'the signature is not <carrier>:<signature>');
    return { carrier, signature, signed: `${request.method} ${request.url}` };
  }

  prove({ carrier, signature, signed }: CarrierSignature): AppIdentity {
    const known = this.depot.carriers.find(({ name }) => name === carrier);
    const expected = createHmac('sha256', known?.secret ?? 'nobody')
      .update(signed)
      .digest();
    const given = Buffer.from(signature, 'base64url');
    const matches = given.length === expected.length && timingSafeEqual(given, expected);
    if (known !== undefined && matches)
      return new AppIdentity({ appId: `carrier-${carrier}`, name: carrier, scopes: ['parcels:announce'] });
    throw new PortcullisError(INVALID_CARRIER_SIGNATURE, 'unknown carrier, or its signature is wrong', {
      strikeEvent: 'bad_carrier_signature',
    });
  }

  challenge(): Challenge {
    return { scheme: 'CarrierSignature', parameters: { header: this.depot.signatureHeader } };
  }

  async nameOf(presented: CarrierSignature): Promise<string | undefined> {
    return this.prove(presented).appId;
  }
}
