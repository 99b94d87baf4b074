import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '@portcullis/auth';
import { type ParcelState, stateOf } from './parcel.js';
import { ParcelsService } from './parcels.service.js';

/** What everyone may know who has the code: nothing about people. */
interface TrackedParcel {
  readonly trackingCode: string;
  readonly state: ParcelState;
  readonly lastSeen: { readonly place: string; readonly at: string } | null;
}

@ApiTags('tracking')
@Controller('track')
export class TrackingController {
  constructor(private readonly parcels: ParcelsService) {}

  /** A miss is a strike, on purpose: whoever guesses codes is banned before finding one. */
  @Public()
  @Get(':code')
  track(@Param('code') code: string): TrackedParcel {
    const parcel = this.parcels.track(code);
    const lastScan = parcel.scans.at(-1);
    return {
      trackingCode: parcel.trackingCode,
      state: stateOf(parcel),
      lastSeen: lastScan === undefined ? null : { place: lastScan.place, at: lastScan.at },
    };
  }
}
