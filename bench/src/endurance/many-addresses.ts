import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { BanService, PortcullisModule } from '@portcullis/auth';
import { StrikeJudge } from '../../../libs/auth/dist/bans/strike-judge.js';
import { ClientIp } from '../../../libs/auth/dist/net/client-ip.js';
import { RequestContext } from '../../../libs/auth/dist/request/request-context.js';
import { heldBytes } from '../micro/memory.js';
import type { MicroRow } from '../results.js';
import { MadeAddresses } from '../subjects/made-bans.js';
import { rootModule } from '../subjects/routes.js';

type Offend = (judge: StrikeJudge, context: RequestContext) => unknown;

/** An attacker who has a fresh address for each request: what is remembered of them, and how long each takes. */
export async function manyAddresses(addresses: number): Promise<MicroRow[]> {
  return [
    ...(await rotate(addresses, 'probe one path each', (judge, context) => judge.judge(context, 404))),
    ...(await rotate(addresses, 'touch a decoy each', (judge, context) => judge.reportHoneypot(context))),
  ];
}

async function rotate(addresses: number, what: string, offend: Offend): Promise<MicroRow[]> {
  const module = rootModule({ imports: [PortcullisModule.forRoot({ events: { log: false } })] });
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const [judge, clientIp] = [app.get(StrikeJudge), app.get(ClientIp)];
  const made = new MadeAddresses(3);
  const before = await heldBytes();
  const started = process.cpuUsage();
  for (let count = 1; count <= addresses; count++) {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: made.ipv6(3) });
    const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url: `/backup${count}` });
    const context = RequestContext.begin(request, clientIp);
    context.countForStrikes();
    await offend(judge, context);
    if (count % 1_000 === 0) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(started);
  const bytes = (await heldBytes()) - before;
  const bans = await countOf(app.get(BanService));
  await app.close();
  return [
    {
      name: `${addresses.toLocaleString('en')} addresses that ${what}, of which ${bans.toLocaleString('en')} stay banned`,
      subject: 'Portcullis',
      nanoseconds: ((user + system) * 1_000) / addresses,
      bytesPerEntry: bytes / addresses,
    },
  ];
}

async function countOf(bans: BanService): Promise<number> {
  let count = 0;
  for await (const _ of bans.all()) count++;
  return count;
}
