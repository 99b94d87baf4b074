import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MemoryBanStore, PortcullisModule, Public } from '@portcullis/auth';
import { madeBans } from './made-bans.js';

/** What a server is told on its command line. */
export interface ServerPlan {
  readonly platform: 'express' | 'fastify';
  /** `bare`: no Portcullis; `banned`: the client is banned; `public`: it is not, and the route is `@Public()`. */
  readonly kind: 'bare' | 'banned' | 'public';
  /** How many bans of others are in force. */
  readonly bans: number;
}

const plan = JSON.parse(process.argv[2] as string) as ServerPlan;

@Controller()
class BareController {
  @Get()
  read() {
    return 'in';
  }
}

@Public()
@Controller()
class PublicController extends BareController {
  @Get()
  override read() {
    return 'in';
  }
}

/** No ban of these is of a loopback address, so that only the client's own decides. */
async function storeOf(count: number, clientIsBanned: boolean): Promise<MemoryBanStore> {
  const store = new MemoryBanStore();
  const common = { reason: 'bench', rule: null, actor: null, offence: 1, shadow: false, strikes: [] };
  const times = { createdAt: 0, liftedAt: null, liftedBy: null };
  const others = [...madeBans(count)].filter(({ network }) => !network.startsWith('127.'));
  await store.save(others.map((ban, id) => ({ ...common, ...times, ...ban, id: String(id) })));
  if (clientIsBanned) {
    const client = { id: 'client', network: '127.0.0.1/32', expiresAt: 4e12 };
    await store.save([{ ...common, ...times, ...client }]);
  }
  return store;
}

class RootModule {}
if (plan.kind === 'bare') {
  Module({ controllers: [BareController] })(RootModule);
} else {
  const bans = await storeOf(plan.bans, plan.kind === 'banned');
  // The client is on loopback, which is exempt otherwise.
  const portcullis = PortcullisModule.forRoot({ stores: { bans }, bans: { privateAddresses: true } });
  Module({ imports: [portcullis], controllers: [PublicController] })(RootModule);
}
const adapter = plan.platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
const app = await NestFactory.create(RootModule, adapter, { logger: false });
await app.listen(0, '127.0.0.1');

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ microseconds: user + system });
});
process.on('disconnect', () => process.exit());
process.send?.({ url: await app.getUrl() });
