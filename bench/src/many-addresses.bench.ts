import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BanService, PortcullisModule } from '@portcullis/auth';
// biome-ignore lint/style/noRestrictedImports: what is measured here is no part of the public surface
import { ClientIp } from '../../libs/auth/dist/bans/client-ip.js';
// biome-ignore lint/style/noRestrictedImports: as above
import { StrikeJudge } from '../../libs/auth/dist/bans/strike-judge.js';
// biome-ignore lint/style/noRestrictedImports: as above
import { Exchange } from '../../libs/auth/dist/identity/exchange.js';
import { MadeAddresses } from './support/made-bans.js';
import { printHead, report } from './support/report.js';

const MILLION = 1_000_000;
/** Ten millions take half an hour. */
const ADDRESSES = process.argv.includes('--full') ? 10 * MILLION : MILLION;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is held when nothing is under way, in megabytes. */
async function held(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

/**
 * An attacker who has a fresh address for each request: what is remembered of them, and how long each takes.
 *
 * @param offend what each address does
 */
async function rotate(
  what: string,
  offend: (judge: StrikeJudge, exchange: Exchange) => unknown,
): Promise<void> {
  class RootModule {}
  Module({ imports: [PortcullisModule.forRoot({ events: { log: false } })] })(RootModule);
  const app = await NestFactory.createApplicationContext(RootModule, { logger: false });
  const [judge, clientIp] = [app.get(StrikeJudge), app.get(ClientIp)];
  const addresses = new MadeAddresses(3);
  const before = await held();
  const started = process.cpuUsage();
  for (let count = 1; count <= ADDRESSES; count++) {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: addresses.ipv6(3) });
    const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url: `/backup${count}` });
    const exchange = Exchange.begin(request, clientIp);
    exchange.screened = true;
    await offend(judge, exchange);
    if (count % 1_000 === 0) await new Promise(setImmediate);
    if (count === MILLION || count === ADDRESSES) {
      const millions = count / MILLION;
      report(`held after ${millions} million addresses that ${what}`, 'MB', [(await held()) - before], '');
    }
  }
  const { user, system } = process.cpuUsage(started);
  report(`CPU for each of them`, 'µs', [(user + system) / ADDRESSES], '');
  report('bans in force by rules', '', [await countOf(app.get(BanService))], '≤ 100000');
  await app.close();
}

async function countOf(bans: BanService): Promise<number> {
  let count = 0;
  for await (const _ of bans.all()) count++;
  return count;
}

printHead();
await rotate('probe one path each', (judge, exchange) => judge.judge(exchange, 404));
await rotate('touch a decoy each', (judge, exchange) => judge.report(exchange, 'honeypot'));
