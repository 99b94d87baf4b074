import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { AccountsService } from './accounts.service.js';
import { AuthController } from './auth.controller.js';

@Module({ imports: [UsersModule], controllers: [AuthController], providers: [AccountsService] })
export class AuthModule {}
