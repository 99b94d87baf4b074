import { type DynamicModule, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import {
  PortcullisAdminModule,
  type PortcullisConfigurationError,
  PortcullisConsentsModule,
  PortcullisLeakReportsModule,
  PortcullisMfaModule,
  PortcullisModule,
  PortcullisPersonalTokensModule,
  PortcullisSessionsModule,
} from '@portcullis/auth';
import { github, PortcullisLoginModule } from '@portcullis/oauth/login';
import { ownTokens } from '../support/credentials.js';
import { boot } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users, UsersModule } from '../support/users.js';

const portcullis = { tokens: ownTokens };
const forRoot = () => PortcullisModule.forRoot(portcullis);
const forRootAsync = () => PortcullisModule.forRootAsync({ useFactory: () => portcullis });

/** A module of the app that brings Portcullis along. */
function featureWith(module: DynamicModule): DynamicModule {
  class FeatureModule {}
  Module({})(FeatureModule);
  return { module: FeatureModule, imports: [module] };
}

describeOnPlatforms('the module on %s', (running) => {
  it.each<[string, DynamicModule[]]>([
    ['by forRoot and forRoot', [forRoot(), forRoot()]],
    ['by forRoot and forRootAsync', [forRoot(), forRootAsync()]],
    ['by forRoot and a module that brings it along', [forRoot(), featureWith(forRoot())]],
    ['by two modules that bring it along', [featureWith(forRoot()), featureWith(forRootAsync())]],
  ])('keeps the app from booting where it is registered twice, %s', async (_, imports) => {
    await expect(boot(running.platform, { imports })).rejects.toThrow(
      /PortcullisModule\.forRoot or forRootAsync is called 2 times in this app, for \w+Module(, \w+Module)*: keep the one/,
    );
  });

  it('is registered once where several modules import the same', async () => {
    const once = forRoot();
    const { app } = await boot(running.platform, { imports: [once, featureWith(once)] });
    await app.close();
  });

  it('and each of those beside it keep the app from booting where routes are mounted twice', async () => {
    const registerAll = () => {
      const sessions = PortcullisSessionsModule.register({
        users: Users,
        imports: [UsersModule],
        clientId: 'web',
      });
      const providers = { hub: github({ clientId: 'parcels', clientSecret: 'a secret' }) };
      const publicUrl = 'http://localhost:3000';
      return [
        sessions,
        PortcullisMfaModule.register({ sessions }),
        PortcullisLoginModule.register({ sessions, providers, publicUrl }),
        PortcullisConsentsModule.register(),
        PortcullisPersonalTokensModule.register(),
        PortcullisLeakReportsModule.register(),
        PortcullisAdminModule.register(),
      ];
    };
    const imports = [UsersModule, ...registerAll(), ...registerAll()];
    const { problems } = await running.start({ portcullis, imports }).then(
      () => ({ problems: [] }),
      (error: PortcullisConfigurationError) => error,
    );
    const named = problems.map(
      (problem) => /^(\w+)\.register is called more than once for the path/.exec(problem)?.[1],
    );
    expect([...new Set(named)]).toEqual(registerAll().map(({ module }) => module.name));
  });

  it('has one directory of users, whatever front ends there are', async () => {
    @Module({ providers: [Users], exports: [Users] })
    class OtherUsersModule {}
    const at = (path: string, module: unknown) =>
      PortcullisSessionsModule.register({
        users: Users,
        imports: [module as DynamicModule],
        clientId: path,
        path,
      });
    const starting = (other: unknown) =>
      running.start({ portcullis, imports: [at('pages', UsersModule), at('phones', other)] });
    await expect(starting(OtherUsersModule)).rejects.toThrow('users must be the same provider');
    await starting(UsersModule);
    for (const path of ['/pages/sessions', '/phones/sessions'])
      expect(await running.statusOf(path)).toBe(401);
  });

  it('is not loaded lazily into an app that has it', async () => {
    await running.start({ portcullis });
    const loading = running.app.get(LazyModuleLoader).load(() => featureWith(forRoot()));
    await expect(loading).rejects.toThrow('is called 2 times in this app');
  });
});
