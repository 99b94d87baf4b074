import { Module } from '@nestjs/common';
import { ParcelsModule } from '../parcels/parcels.module.js';
import { ReportsController } from './reports.controller.js';

@Module({ imports: [ParcelsModule], controllers: [ReportsController] })
export class ReportsModule {}
