import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { SHORT_LIVED } from '../services/short-lived.js';
import { blocksOf, filesOf, layOut, pages, readPage, repository } from '../support/pages.js';

/** Whoever adds code to a page, or a page with code, says here who runs it. */
const RUN_BY: Readonly<
  Record<string, { readonly code?: readonly string[]; readonly specs: readonly string[] }>
> = {
  'README.md': {
    specs: ['docs/readme.e2e-spec.ts'],
    code: ['parcels.controller.ts', 'app.module.ts', 'main.ts'],
  },
  'docs/quick-start.md': {
    specs: ['docs/quick-start.e2e-spec.ts'],
    code: [
      'app.module.ts',
      'parcels.controller.ts',
      'login.controller.ts',
      'users.service.ts',
      'partners.controller.ts',
      'parcels.e2e-spec.ts',
    ],
  },
  'docs/guides/api-keys.md': {
    specs: ['docs/api-keys.e2e-spec.ts', 'sample/key-commands.e2e-spec.ts'],
    code: ['legacy-keys.ts'],
  },
  'docs/guides/bans.md': {
    specs: ['docs/bans.e2e-spec.ts', 'cli/ban-commands.e2e-spec.ts'],
    code: ['bans.ts', 'decoys.controller.ts', 'origins.ts', 'partner-protection.ts'],
  },
  'docs/guides/binding.md': {
    specs: ['docs/binding.e2e-spec.ts'],
    code: [
      'app.module.ts',
      'login.controller.ts',
      'payments.controller.ts',
      'bound-issuer.ts',
      'main.ts',
      'mtls.ts',
      'bound-call.ts',
    ],
  },
  'docs/guides/challenges.md': {
    specs: ['docs/challenges.e2e-spec.ts'],
    code: ['bans.ts', 'challenge.controller.ts'],
  },
  'docs/guides/contexts.md': {
    specs: ['docs/contexts.e2e-spec.ts'],
    code: ['app.module.ts', 'parcels.messages.ts'],
  },
  'docs/guides/events.md': {
    specs: ['docs/events.e2e-spec.ts'],
    code: ['alarm.service.ts', 'key-history.service.ts'],
  },
  'docs/guides/extend.md': { specs: ['docs/extend.e2e-spec.ts'] }, // which compares all of it with what is run
  'docs/guides/federation.md': {
    specs: ['docs/federation.e2e-spec.ts'],
    code: [
      'parcels.module.ts',
      'depots.module.ts',
      'stock.controller.ts',
      'planner.ts',
      'users.service.ts',
      'argon2id.ts',
    ],
  },
  'docs/guides/filters.md': {
    specs: ['docs/filters.e2e-spec.ts'],
    code: ['all-exceptions.filter.ts', 'own-words.guard.ts'],
  },
  'docs/guides/health.md': { specs: ['docs/health.e2e-spec.ts'], code: ['health.controller.ts'] },
  'docs/guides/identity.md': {
    specs: ['docs/identity.e2e-spec.ts'],
    code: [
      'parcels.controller.ts',
      'own-parcel.guard.ts',
      'access-log.interceptor.ts',
      'tenant-data.ts',
      'tenant.decorator.ts',
    ],
  },
  'docs/guides/logins.md': {
    specs: ['docs/logins.e2e-spec.ts'],
    code: ['argon2id.ts', 'app.module.ts', 'accounts.service.ts', 'login.controller.ts', 'bans.ts'],
  },
  'docs/guides/mfa.md': {
    specs: ['docs/mfa.e2e-spec.ts'],
    code: ['app.module.ts', 'users.service.ts', 'argon2id.ts', 'recovery.controller.ts'],
  },
  'docs/guides/oauth-clients.md': {
    specs: ['docs/oauth-clients.e2e-spec.ts'],
    code: ['app.module.ts', 'partners.ts'],
  },
  'docs/guides/iot-device.md': {
    specs: ['docs/oauth-server.e2e-spec.ts'],
    code: ['device-client.ts', 'device.ts'],
  },
  'docs/guides/oauth-server.md': {
    specs: ['docs/oauth-server.e2e-spec.ts'],
    code: ['app.module.ts', 'users.service.ts', 'login-page.ts'],
  },
  'docs/guides/passkeys.md': {
    specs: ['docs/passkeys.e2e-spec.ts', 'passkeys/browser-passkeys.servers-spec.ts'],
    code: ['app.module.ts', 'users.service.ts', 'passkeys.ts', 'passkey-in-tests.ts'],
  },
  'docs/guides/sessions.md': {
    specs: ['docs/sessions.e2e-spec.ts'],
    code: ['users.service.ts', 'app.module.ts', 'argon2id.ts', 'password.controller.ts', 'browser.ts'],
  },
  'docs/guides/signed-requests.md': {
    specs: ['docs/signed-requests.e2e-spec.ts'],
    code: ['app.module.ts', 'partners.controller.ts', 'partner.ts'],
  },
  'docs/guides/rate-limits.md': {
    specs: ['docs/rate-limits.e2e-spec.ts'],
    code: ['exports.controller.ts', 'rate-limits.ts'],
  },
  'docs/guides/single-sign-on.md': {
    specs: ['docs/single-sign-on.e2e-spec.ts'],
    code: ['app.module.ts', 'users.service.ts', 'single-sign-on.ts'],
  },
  'docs/guides/step-up.md': {
    specs: ['docs/step-up.e2e-spec.ts'],
    code: [
      'payouts.controller.ts',
      'app.module.ts',
      'confirm.controller.ts',
      'users.service.ts',
      'argon2id.ts',
      'trusted-logins.ts',
      'payouts.e2e-spec.ts',
    ],
  },
  'docs/guides/storage.md': {
    specs: ['docs/storage.servers-spec.ts'],
    code: ['app.module.ts', 'tested-app.ts', 'postgres-storage.ts', 'shared-storage.ts'],
  },
  'docs/guides/tokens.md': {
    specs: ['docs/tokens.e2e-spec.ts'],
    code: ['issuers.ts', 'fraud.controller.ts'],
  },
  'docs/operations/deployment.md': { specs: ['sql/postgres-rights.servers-spec.ts'], code: [] },
  'docs/operations/rotation.md': {
    specs: ['docs/operations.e2e-spec.ts'],
    code: ['signing-keys.controller.ts'],
  },
  'docs/reference/command.md': { specs: ['docs/command.e2e-spec.ts'], code: [] },
  'docs/reference/decorators.md': { specs: ['docs/decorators.e2e-spec.ts'], code: ['depot.controller.ts'] },
  'docs/reference/errors.md': { specs: ['docs/errors.e2e-spec.ts'], code: [] },
  'docs/reference/events.md': { specs: ['docs/event-reference.e2e-spec.ts'], code: [] },
  'docs/reference/options.md': { specs: ['docs/options.e2e-spec.ts'], code: [] },
};

const all = await pages();

it('the code of all pages compiles under the strictest settings', async () => {
  const { folder, remove } = await layOut(...all);
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const said = ({ stdout }: { stdout: string }) => stdout;
  expect(
    await promisify(execFile)(process.execPath, [...SHORT_LIVED, tsc, '-p', folder]).then(said, said),
  ).toBe('');
  await remove();
}, 120_000);

it.each(all)('%s shows no code that is not run', async (page) => {
  const { specs = [], code } = RUN_BY[page] ?? {};
  const files = [...(await filesOf(page)).keys()];
  if (code !== undefined || specs.length === 0) expect(files).toEqual(code ?? []);
  const sources = await Promise.all(specs.map((spec) => readFile(join(repository, `test/${spec}`), 'utf8')));
  for (const source of sources) expect(source).toContain(`'${page}'`);
});

it('the scripts of the README are those that people are told to begin with', async () => {
  const scripts = (await blocksOf('README.md')).filter(({ language }) => language === 'sh');
  expect(scripts.map(({ text }) => text)).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n']);
});

describe('links', () => {
  const anchorsOf = (text: string) =>
    [...text.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );

  const linking = async () => {
    const top = (await readdir(repository)).filter((name) => /^[A-Z]+\.md$/.test(name));
    const ofPackages = ['bench', 'libs/auth', 'libs/cli', 'libs/testing'].map((path) => `${path}/README.md`);
    return [...new Set([...all, ...top, ...ofPackages])];
  };

  it('lead somewhere', async () => {
    const broken: string[] = [];
    for (const page of await linking()) {
      const text = (await readPage(page)).replace(/^```.*?^```$/gms, '');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : relative(repository, join(repository, dirname(page), path));
        const exists = await stat(join(repository, file)).then(
          () => true,
          () => false,
        );
        const leads = exists && (anchor === undefined || anchorsOf(await readPage(file)).includes(anchor));
        if (!leads) broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });
});
