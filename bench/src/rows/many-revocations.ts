import { NestFactory } from '@nestjs/core';
import { PortcullisModule, RevocationService, type Storage } from '@portcullis/auth';
import type { MicroRow } from '../results.js';
import { rootModule } from '../subjects/routes.js';
import type { Numbers } from './fill-tables.js';
import { peakOf, stall } from './watching.js';

const ISSUER = 'https://issuer.example';
const HOUR = 3_600_000;

/** So many single tokens, revoked by a clock that is an hour ahead: what was revoked lately is read again by whoever catches up. */
export function revocationFilling(numbers: Numbers, count: number, now: number): string {
  return `INSERT INTO portcullis_revocations (id, type, issuer, target, issued_until, reason, revoked_at, expires_at)
    SELECT 'r' || i, 'token', '${ISSUER}', '0b5f2c1e-7d3a-4a5b-9c' || (i % 10007 * 7919 % 1000003) || '-' || i, NULL, 'stolen',
      ${now + HOUR} + i, ${now + 24 * HOUR} + i ${numbers(count)}`;
}

/** Boots an app over them, and has it read all of them two times more while it serves. */
export async function manyRevocations(name: string, storage: Storage, count: number): Promise<MicroRow[]> {
  const rows: MicroRow[] = [];
  const told = count.toLocaleString('en');
  const watch = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const [peak, longest, began] = [peakOf(), stall(), performance.now()];
    const result = await work();
    const took = performance.now() - began;
    rows.push(
      { name: what, subject: name, nanoseconds: took * 1e6 },
      { name: `${what}, longest stall`, subject: name, nanoseconds: longest() * 1e6 },
      { name: `${what}, memory`, subject: name, bytesPerEntry: peak() },
    );
    return result;
  };
  const module = rootModule({
    imports: [PortcullisModule.forRoot({ storage, events: { log: false } })],
  });
  const app = await watch(`boot with ${told} revocations`, () =>
    NestFactory.createApplicationContext(module, { logger: false }),
  );
  const revocations = app.get(RevocationService);
  await watch(`reading ${told} revocations again`, () => revocations.catchUp());
  await watch(`reading ${told} revocations once more`, () => revocations.catchUp());
  await app.close();
  return rows;
}
