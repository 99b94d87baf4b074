import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { RequireUserOrApp } from '@portcullis/auth';
import { ParcelsService } from '../parcels/parcels.service.js';

interface VolumeReport {
  readonly parcels: number;
  readonly handedOver: number;
  readonly weightGrams: number;
}

@ApiTags('reports')
@Controller('reports')
export class ReportsController {
  constructor(private readonly parcels: ParcelsService) {}

  @RequireUserOrApp('reports:read')
  @ApiBearerAuth()
  @ApiSecurity('api-key')
  @Get('volume')
  volume(): VolumeReport {
    const parcels = this.parcels.list();
    return {
      parcels: parcels.length,
      handedOver: parcels.filter(({ handover }) => handover !== undefined).length,
      weightGrams: parcels.reduce((sum, { weightGrams }) => sum + weightGrams, 0),
    };
  }
}
