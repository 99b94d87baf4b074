import 'reflect-metadata';
import { Body, Controller, Get, HttpCode, Post, Req, UnauthorizedException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { hash, verify } from '@node-rs/argon2';
import { type FrameworkRequest, PasswordVerifier, PortcullisModule, Public, Strikes } from '@portcullis/auth';
import { rootModule } from '../subjects/routes.js';
import type { Adapter } from '../subjects/subject.js';

/** What OWASP's Password Storage Cheat Sheet asks for at least. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

@Public()
@Controller()
class LoginController {
  #passwordHash: Promise<string> | undefined;

  constructor(private readonly passwords: PasswordVerifier) {}

  @Get('health')
  health() {
    return 'well';
  }

  @Strikes({ event: 'login_failed', subject: 'username' })
  @Post('login')
  @HttpCode(200)
  async login(@Body() { password }: { readonly password: string }, @Req() request: FrameworkRequest) {
    this.#passwordHash ??= this.passwords.hash('right');
    if (await this.passwords.verify(password, await this.#passwordHash, request)) return 'in';
    throw new UnauthorizedException();
  }
}

process.once('message', async ({ adapter }: { readonly adapter: Adapter }) => {
  const portcullis = PortcullisModule.forRoot({
    passwords: {
      hasher: {
        hash: (password) => hash(password, ARGON2ID),
        verify: (passwordHash, password) => verify(passwordHash, password),
      },
    },
    trustedProxies: ['127.0.0.1'],
    events: { log: false },
  });
  const module = rootModule({ imports: [portcullis], controllers: [LoginController] });
  const platform = adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(module, platform, { logger: false });
  await app.listen(0, '127.0.0.1');
  process.send?.(await app.getUrl());
});
process.on('disconnect', () => process.exit());
