import { createHash } from 'node:crypto';
import bcrypt from 'bcryptjs';
import { bcryptKeys, type StoredLegacyKey, sha256Keys } from './legacy-keys.js';

const KEY = 'old-7f3a.c0ffee';
const WORTH = { appId: 'depot', name: 'Depot Bern', scopes: ['scans:write'] };

describe('keys whose bcrypt hash is in a table', () => {
  /** The table is indexed by what comes before the point. */
  const table = new Map<string, StoredLegacyKey>();
  const compared: { key: string; hash: string }[] = [];
  const keys = bcryptKeys({
    find: async (key) => table.get(key.split('.', 1)[0]!),
    compare: (key, hash) => {
      compared.push({ key, hash });
      return bcrypt.compare(key, hash);
    },
  });
  beforeAll(async () => {
    table.set('old-7f3a', { ...WORTH, hash: await bcrypt.hash(KEY, 10) });
  });
  beforeEach(() => {
    compared.length = 0;
  });

  it('are worth what the table says, without the hash', async () => {
    expect(await keys.verify(KEY)).toEqual(WORTH);
  });

  it.each(['old-7f3a.c0ffef', 'old-7f3a.', 'old-7f3a', 'OLD-7f3a.c0ffee'])(
    'are none such as %s',
    async (key) => {
      expect(await keys.verify(key)).toBeUndefined();
    },
  );

  it('are compared whether there is one or not, by a hash of the same cost', async () => {
    await keys.verify('old-7f3a.wrong');
    await keys.verify('unknown.wrong');
    expect(compared.map(({ key }) => key)).toEqual(['old-7f3a.wrong', 'unknown.wrong']);
    const [known, ofNobody] = compared.map(({ hash }) => hash);
    expect(ofNobody).not.toBe(known);
    expect(ofNobody).toMatch(/^\$2b\$10\$[./A-Za-z0-9]{53}$/);
    expect(bcrypt.getRounds(ofNobody!)).toBe(bcrypt.getRounds(known!));
  });

  it('are compared with a hash that bcrypt makes: its unused bits are zero', async () => {
    await keys.verify('unknown.wrong');
    const { hash } = compared[0]!;
    // 16 bytes of salt in 22 letters leave 4 bits of the last one, 23 bytes of digest in 31 leave 2.
    expect(hash.slice(28, 29)).toMatch(/[.Oeu]/);
    expect(hash.slice(-1)).toMatch(/[.CGKOSWaeimquy26]/);
    expect(await bcrypt.compare('', hash)).toBe(false);
  });

  it('are none even if the hash of nobody matches', async () => {
    const open = bcryptKeys({ find: async () => undefined, compare: async () => true });
    expect(await open.verify(KEY)).toBeUndefined();
  });

  it('can not be known while the table can not be read', async () => {
    const down = bcryptKeys({
      find: () => Promise.reject(new Error('table is down')),
      compare: bcrypt.compare,
    });
    await expect(down.verify(KEY)).rejects.toThrow('table is down');
  });
});

describe('keys whose SHA-256 is in a table', () => {
  const sha256 = createHash('sha256').update(KEY).digest('hex');

  it.each(['as it is', 'in capitals'])('are found by it, and worth what the table says (%s)', async (how) => {
    const asked: string[] = [];
    const keys = sha256Keys({
      find: async (digest) => {
        asked.push(digest);
        return { ...WORTH, hash: how === 'as it is' ? sha256 : sha256.toUpperCase() };
      },
    });
    expect(await keys.verify(KEY)).toEqual(WORTH);
    expect(asked).toEqual([sha256]);
  });

  it.each([
    ['another hash', createHash('sha256').update('other').digest('hex')],
    ['nothing', ''],
    ['only a beginning', sha256.slice(0, 20)],
    ['more', `${sha256}00`],
    ['letters of more bytes', 'ä'.repeat(32)],
  ])('are none where a table that compares loosely finds a row with %s', async (_, hash) => {
    expect(await sha256Keys({ find: async () => ({ ...WORTH, hash }) }).verify(KEY)).toBeUndefined();
  });

  it('are none where there is no row', async () => {
    expect(await sha256Keys({ find: async () => undefined }).verify(KEY)).toBeUndefined();
  });
});
