import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';
import type { PortcullisExtension } from '../extension.js';
import { demandOptions, must, type OptionChecks, optional } from '../routes/module-options.js';
import type { PortcullisOptions } from './portcullis.options.js';

export interface PortcullisAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Makes the options, from what `inject` names. */
  readonly useFactory: (...dependencies: never[]) => PortcullisOptions | Promise<PortcullisOptions>;
  /** What the factory is given. */
  readonly inject?: FactoryProvider['inject'];
  /** What the app adds to Portcullis: credentials, demands, contexts, events and more. */
  readonly extensions?: readonly PortcullisExtension[];
}

const aList = must('be a list', Array.isArray);
const extensionList = must(
  'be a list of extensions',
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null),
);

const ASYNC_OPTIONS: OptionChecks<PortcullisAsyncOptions> = {
  useFactory: must('be a function that makes the options', (value) => typeof value === 'function'),
  inject: optional(aList),
  imports: optional(aList),
  extensions: optional(extensionList),
};

/** @throws PortcullisConfigurationError naming what `forRootAsync` does not take */
export function demandAsyncOptions(given: PortcullisAsyncOptions): void {
  demandOptions<PortcullisAsyncOptions>('PortcullisModule.forRootAsync', given, ASYNC_OPTIONS);
}

/** @throws PortcullisConfigurationError where there are none, as where a factory has forgotten to return them */
export function givenOptions<Options extends PortcullisOptions>(what: string, given: Options): Options {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given;
  throw new PortcullisConfigurationError([`PortcullisModule.${what} must be an object with options`]);
}

/** @throws PortcullisConfigurationError where the factory fails, or makes none */
export async function optionsMadeBy(
  useFactory: PortcullisAsyncOptions['useFactory'],
  dependencies: never[],
): Promise<PortcullisOptions> {
  try {
    return givenOptions('forRootAsync: what useFactory returns', await useFactory(...dependencies));
  } catch (error) {
    if (error instanceof PortcullisConfigurationError) throw error;
    throw new PortcullisConfigurationError(
      [`PortcullisModule.forRootAsync: useFactory has failed: ${error}`],
      error,
    );
  }
}
