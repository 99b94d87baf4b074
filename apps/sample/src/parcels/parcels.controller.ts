import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity, ApiTags } from '@nestjs/swagger';
import {
  type AppIdentity,
  CurrentApp,
  CurrentUser,
  RequireApp,
  RequireUser,
  type UserIdentity,
} from '@portcullis/auth';
import type { Parcel } from './parcel.js';
import { CreateParcelDto, ScanParcelDto } from './parcels.dto.js';
import { ParcelsService } from './parcels.service.js';

@ApiTags('parcels')
@Controller('parcels')
export class ParcelsController {
  constructor(private readonly parcels: ParcelsService) {}

  @RequireUser('parcels:read')
  @ApiBearerAuth()
  @Get()
  list(): Parcel[] {
    return this.parcels.list();
  }

  @RequireUser('parcels:write')
  @ApiBearerAuth()
  @Post()
  register(@Body() parcel: CreateParcelDto): Parcel {
    return this.parcels.register(parcel);
  }

  /** A depot's scanner has seen the parcel. */
  @RequireApp('scans:write')
  @ApiSecurity('api-key')
  @Post(':id/scans')
  scan(@Param('id') id: string, @Body() { place }: ScanParcelDto, @CurrentApp() depot: AppIdentity): Parcel {
    return this.parcels.scan(id, place, depot.appId);
  }

  /** A driver takes the parcel over from a depot: neither of the two can say so alone. */
  @RequireApp('handovers:write')
  @RequireUser('parcels:deliver')
  @ApiSecurity({ bearer: [], 'api-key': [] })
  @Post(':id/handover')
  handOver(
    @Param('id') id: string,
    @CurrentApp() depot: AppIdentity,
    @CurrentUser() driver: UserIdentity,
  ): Parcel {
    return this.parcels.handOver(id, driver.subject, depot.appId);
  }
}
