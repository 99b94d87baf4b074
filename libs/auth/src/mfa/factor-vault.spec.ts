import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { FactorVault } from './factor-vault.js';
import type { MfaSettings } from './mfa-settings.js';

const [OLD, NEW] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
const ADAS = { id: 'f1', issuer: 'https://api.example', subject: 'ada' };
const SECRET = { secret: 'JBSWY3DPEHPK3PXP' };

function vaultWith(...keyEncryptionKeys: string[]): FactorVault {
  const issuer = { url: ADAS.issuer, keyEncryptionKeys };
  return new FactorVault({ tokens: { issuer } } as unknown as MfaSettings);
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

const refusal = { code: 'temporarily_unavailable' };

it('shows the secret to whoever has the key, and to no store', async () => {
  const data = await vaultWith(OLD).seal(ADAS, SECRET);
  const decoded = data.split(/[^\w-]/).map((part) => Buffer.from(part, 'base64url').toString('latin1'));
  for (const shown of [data, ...decoded]) expect(shown).not.toContain(SECRET.secret);
  expect(await vaultWith(OLD).open({ ...ADAS, data })).toEqual(SECRET);
  expect(await vaultWith(NEW, OLD).open({ ...ADAS, data })).toEqual(SECRET);
  await expect(vaultWith(NEW).open({ ...ADAS, data })).rejects.toMatchObject(refusal);
});

it.each(['id', 'issuer', 'subject'])(
  'does not take the secret of one factor for that of another: %s',
  async (part) => {
    const data = await vaultWith(OLD).seal(ADAS, SECRET);
    await expect(vaultWith(OLD).open({ ...ADAS, [part]: 'another', data })).rejects.toMatchObject(refusal);
  },
);

it('notices what was changed', async () => {
  const data = await vaultWith(OLD).seal(ADAS, SECRET);
  const changed = data.replace(/.(?="\}$)/, (last) => (last === 'A' ? 'Q' : 'A'));
  await expect(vaultWith(OLD).open({ ...ADAS, data: changed })).rejects.toMatchObject(refusal);
});

it('seals anew what an older key has sealed, and leaves alone what is as it should be', async () => {
  const data = await vaultWith(OLD).seal(ADAS, SECRET);
  expect(await vaultWith(OLD).reseal({ ...ADAS, data })).toBeUndefined();
  const renewed = (await vaultWith(NEW, OLD).reseal({ ...ADAS, data })) ?? '';
  expect(await vaultWith(NEW).open({ ...ADAS, data: renewed })).toEqual(SECRET);
  expect(await vaultWith(NEW, OLD).reseal({ ...ADAS, data: renewed })).toBeUndefined();
  expect(await vaultWith(NEW, OLD).reseal({ ...ADAS, data: '{"publicKey":"x"}' })).toBeUndefined();
});
