import { Module } from '@nestjs/common';
import { Passwords } from './passwords.js';
import { UsersService } from './users.service.js';

@Module({ providers: [Passwords, UsersService], exports: [UsersService] })
export class UsersModule {}
