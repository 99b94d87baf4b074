import { Module } from '@nestjs/common';
import { ParcelsController } from './parcels.controller.js';
import { ParcelsService } from './parcels.service.js';
import { TrackingController } from './tracking.controller.js';

@Module({
  controllers: [ParcelsController, TrackingController],
  providers: [ParcelsService],
  exports: [ParcelsService],
})
export class ParcelsModule {}
