import { Injectable } from '@nestjs/common';
import {
  AppIdentity,
  type BearerFormat,
  INVALID_TOKEN,
  type MaybePromise,
  PortcullisError,
} from '@portcullis/auth';
import type { Handheld } from './handheld.store.js';
import { Handhelds } from './handhelds.js';

/** Handhelds send `Authorization: Bearer hnd_…`. */
@Injectable()
export class HandheldFormat implements BearerFormat {
  readonly kind = 'handheld';
  readonly proves = 'app';

  constructor(private readonly handhelds: Handhelds) {}

  recognises(text: string): boolean {
    return text.startsWith('hnd_');
  }

  prove(text: string): MaybePromise<AppIdentity> {
    const found = this.handhelds.find(text);
    return found instanceof Promise ? found.then(identityOf) : identityOf(found);
  }

  async nameOf(text: string): Promise<string | undefined> {
    return (await this.handhelds.find(text))?.id;
  }
}

function identityOf(handheld: Handheld | undefined): AppIdentity {
  if (handheld === undefined) throw new PortcullisError(INVALID_TOKEN, 'unknown or blocked handheld');
  const { id, depot } = handheld;
  return new AppIdentity({ appId: id, name: id, scopes: ['parcels:scan'], metadata: { depot } });
}
