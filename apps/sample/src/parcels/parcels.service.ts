import { randomBytes } from 'node:crypto';
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type { Parcel } from './parcel.js';

export type NewParcel = Pick<Parcel, 'recipient' | 'destination' | 'weightGrams'>;

/** The parcels, in memory. Your app has a database here. */
@Injectable()
export class ParcelsService {
  readonly #byId = new Map<string, Parcel>();
  readonly #idByTrackingCode = new Map<string, string>();

  list(): Parcel[] {
    return [...this.#byId.values()];
  }

  register({ recipient, destination, weightGrams }: NewParcel): Parcel {
    const id = String(this.#byId.size + 1);
    const trackingCode = randomBytes(8).toString('hex').toUpperCase();
    this.#idByTrackingCode.set(trackingCode, id);
    return this.#save({ id, trackingCode, recipient, destination, weightGrams, scans: [] });
  }

  /** @throws NotFoundException when no parcel has this code */
  track(trackingCode: string): Parcel {
    return this.#find(this.#idByTrackingCode.get(trackingCode));
  }

  /**
   * @throws NotFoundException when there is no such parcel
   * @throws ConflictException when it has been handed over already
   */
  scan(id: string, place: string, depot: string): Parcel {
    const parcel = this.#findUnderway(id);
    return this.#save({ ...parcel, scans: [...parcel.scans, { place, depot, at: now() }] });
  }

  /**
   * @throws NotFoundException when there is no such parcel
   * @throws ConflictException when it has been handed over already
   */
  handOver(id: string, driver: string, depot: string): Parcel {
    return this.#save({ ...this.#findUnderway(id), handover: { driver, depot, at: now() } });
  }

  #save(parcel: Parcel): Parcel {
    this.#byId.set(parcel.id, parcel);
    return parcel;
  }

  #find(id: string | undefined): Parcel {
    const parcel = id === undefined ? undefined : this.#byId.get(id);
    if (parcel === undefined) throw new NotFoundException('There is no such parcel');
    return parcel;
  }

  #findUnderway(id: string): Parcel {
    const parcel = this.#find(id);
    if (parcel.handover !== undefined) throw new ConflictException('The parcel has been handed over');
    return parcel;
  }
}

function now(): string {
  return new Date().toISOString();
}
