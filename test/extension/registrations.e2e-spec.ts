import { Controller, Get, type Type } from '@nestjs/common';
import {
  type AccessDemand,
  BanExempt,
  type BearerFormat,
  declareDemand,
  declareTrait,
  defineChange,
  defineEvent,
  defineOptions,
  defineRefusal,
  defineStore,
  type PortcullisConfigurationError,
  type PortcullisExtension,
  PortcullisModule,
  type PortcullisOptions,
} from '@portcullis/auth';
import { boot, platforms } from '../support/platforms.js';
import { CarrierScheme } from './depot/carrier-scheme.js';
import { DepotOptions } from './depot/depot.options.js';
import { DEPOT } from './depot/depot-extension.js';
import { HandheldFormat } from './depot/handheld-format.js';
import { JobsContext } from './depot/jobs-context.js';
import { RequireDepot } from './depot/require-depot.decorator.js';
import { SECRET } from './depot-app.js';

/** Another demand that calls itself by the name of the depot's, and adds up where that one takes the nearest. */
const RequireOtherDepot = () =>
  declareDemand(
    {
      kind: 'depot',
      decorator: '@RequireOtherDepot',
      merge: 'all',
      compile: (): AccessDemand => ({ kind: 'depot', describe: () => 'another depot', check: () => {} }),
    },
    true,
  );

/** Another trait that calls itself by the name of ours. */
const OtherBanExempt = () =>
  declareTrait({ name: 'banExempt', decorator: '@OtherBanExempt', compile: () => true }, true);

@Controller()
class ConfusedController {
  @RequireDepot('bern')
  @BanExempt()
  @Get('one')
  one() {}

  @RequireOtherDepot()
  @OtherBanExempt()
  @Get('other')
  other() {}
}

/** Everything that {@link DEPOT} registers, and some of Portcullis itself, once more. */
const AGAIN: PortcullisExtension = {
  name: 'depot',
  options: [defineOptions('depot', class {})],
  stores: [defineStore<object>('handhelds', { methods: {}, probe: async () => {} })],
  refusals: [
    defineRefusal('wrong_depot', { status: 403, title: '', detail: '' }),
    defineRefusal('invalid_token', { status: 401, title: '', detail: '' }),
  ],
  events: [defineEvent('handheld.blocked', { audit: 'never', log: 'never' })],
  changes: [
    defineChange('handhelds', { parse: () => undefined, takenOver: 'at-once' }),
    defineChange('bans', { parse: () => undefined, takenOver: 'at-once' }),
  ],
  schemes: { carrier: CarrierScheme, 'api-key': CarrierScheme },
  bearerFormats: { handheld: HandheldFormat, jwt: HandheldFormat as Type<BearerFormat> },
  contexts: { jobs: JobsContext, http: JobsContext },
};

describe.each(platforms)(
  'what can not be meant is named at boot, all of it in one error, on %s',
  (platform) => {
    const problemsOf = async (
      extensions: readonly PortcullisExtension[],
      options: object = {},
      controllers: Type[] = [],
    ): Promise<readonly string[]> => {
      const imports = [PortcullisModule.forRoot({ extensions, ...(options as PortcullisOptions) })];
      const error = await boot(platform, { imports, controllers }).then(
        async ({ app }) => {
          await app.close();
          throw new Error('it boots');
        },
        (thrown: PortcullisConfigurationError) => thrown,
      );
      expect(error.name).toBe('PortcullisConfigurationError');
      return error.problems;
    };

    it('names that are registered twice, demands of one kind, traits of one name, sections of nobody, options that are wrong', async () => {
      const options = {
        depot: { carriers: [{ name: 'swift', secret: 'short' }], depots: 7 },
        warehouse: {},
        realm: '',
        stores: { handhelds: {}, parcels: {} },
      };
      const problems = await problemsOf([DEPOT, AGAIN], options, [ConfusedController]);
      expect([...problems].sort()).toEqual(
        [
          'the extension "depot" is registered twice',
          'the options section "depot" is registered twice',
          'the store "handhelds" is registered twice',
          'the refusal "wrong_depot" is registered twice',
          'the refusal "invalid_token" is registered twice',
          'the event "handheld.blocked" is registered twice',
          'the change "handhelds" is registered twice',
          'the change "bans" is registered twice',
          'the credential scheme "carrier" is registered twice',
          'the credential scheme "api-key" is registered twice',
          'the bearer format "handheld" is registered twice',
          'the bearer format "jwt" is registered twice',
          'the context "jobs" is registered twice',
          'the context "http" is registered twice',
          'the demand "depot" is defined twice: by @RequireDepot (merged: nearest) and by @RequireOtherDepot (merged: all)',
          'the trait "banExempt" is defined twice: by @BanExempt and by @OtherBanExempt',
          'warehouse: there is no such option',
          'realm: must be plain text without quotes',
          'stores.parcels: there is no such option',
          'stores.handhelds: must have the methods insert, find, block',
          ...problems.filter((problem) => problem.startsWith('depot.')),
        ].sort(),
      );
      expect(problems.some((problem) => problem.startsWith('depot.carriers.0.secret: '))).toBe(true);
      expect(problems).toContain('depot.depots: there is no such option');
    });

    it('a section that only an extension claims, without the extension', async () => {
      const depot = { carriers: [{ name: 'swift', secret: SECRET }] };
      expect(await problemsOf([], { depot })).toEqual(['depot: there is no such option']);
    });

    it.each<[string, Partial<PortcullisExtension>, string]>([
      [
        'a scheme under another name than its own',
        { schemes: { courier: CarrierScheme } },
        'the credential scheme "courier" calls itself "carrier"',
      ],
      [
        'a bearer format under another name than its own',
        { bearerFormats: { scanner: HandheldFormat } },
        'the bearer format "scanner" calls itself "handheld"',
      ],
      [
        'a context under another name than its own',
        { contexts: { queue: JobsContext } },
        'the context "queue" calls itself "jobs"',
      ],
    ])('%s', async (_, registered, problem) => {
      expect(await problemsOf([{ ...DEPOT, ...registered }])).toEqual([problem]);
    });

    it.each<[string, Partial<PortcullisExtension>, string]>([
      [
        'a section with the name of another option',
        { options: [defineOptions('requireTls', DepotOptions)] },
        'the options section "requireTls" has the name of another option',
      ],
      [
        'a context that can not be guarded',
        { contexts: { rpc: JobsContext } },
        'the context "rpc" can not be guarded yet',
      ],
    ])('%s', async (_, registered, problem) => {
      expect(await problemsOf([{ name: 'other', ...registered }])).toEqual([problem]);
    });

    it('a demand that compiles to none', async () => {
      const definition = { kind: 'none', decorator: '@None', merge: 'all' as const };
      const None = () =>
        declareDemand({ ...definition, compile: () => undefined as unknown as AccessDemand }, 1);
      @Controller()
      class NoneController {
        @None()
        @Get()
        get() {}
      }
      expect(await problemsOf([], {}, [NoneController])).toEqual([
        'NoneController.get: @None compiles to no demand',
      ]);
    });

    it('a demand that makes no sense', async () => {
      @Controller()
      class EmptyController {
        @RequireDepot('')
        @Get()
        get() {}
      }
      expect(await problemsOf([DEPOT], {}, [EmptyController])).toEqual([
        'EmptyController.get: @RequireDepot must name a depot',
      ]);
    });
  },
);
