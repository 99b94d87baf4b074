import { type DynamicModule, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { PortcullisModule } from '@portcullis/auth';
import { ownTokens } from '../support/credentials.js';
import { boot } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';

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

  it('is not loaded lazily into an app that has it', async () => {
    await running.start({ portcullis });
    const loading = running.app.get(LazyModuleLoader).load(() => featureWith(forRoot()));
    await expect(loading).rejects.toThrow('is called 2 times in this app');
  });
});
