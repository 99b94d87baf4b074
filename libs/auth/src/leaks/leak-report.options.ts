import { IsBoolean, IsNotEmpty, IsString } from 'class-validator';
import { PortcullisConfigurationError } from '../errors.js';
import { IsSecureUrl } from '../net/network-validators.js';
import { isSecureUrl } from '../net/secure-url.js';
import { problemsOf, withDefaults } from '../options/fill-options.js';
import { checkedByModule, demandOptions } from '../routes/module-options.js';

/** Injects the {@link LeakReportOptions}. */
export const LEAK_REPORT_OPTIONS = Symbol('portcullis.leak-reports');

const MODULE = 'PortcullisLeakReportsModule';

/** How reports of leaked keys are taken. */
export class LeakReportOptions {
  /** The path that reports are sent to. */
  @IsString()
  @IsNotEmpty()
  readonly path: string = 'leak-reports';

  /** Where the reporter's public keys are. GitHub's by default. */
  @IsSecureUrl()
  readonly keysUrl: string = 'https://api.github.com/meta/public_keys/secret_scanning';

  /** Fetch the keys by plain http if they are on loopback. For development and tests. */
  @IsBoolean()
  readonly allowHttpOnLoopback: boolean = false;
}

/** @throws PortcullisConfigurationError naming every option that is wrong */
export function leakReportOptions(given: Partial<LeakReportOptions>): LeakReportOptions {
  demandOptions<LeakReportOptions>(MODULE, given, {
    path: checkedByModule,
    keysUrl: checkedByModule,
    allowHttpOnLoopback: checkedByModule,
  });
  const options = withDefaults(LeakReportOptions, given);
  const problems = problemsOf(options);
  if (problems.length === 0 && !isSecureUrl(options.keysUrl, options.allowHttpOnLoopback))
    problems.push('keysUrl: plain http is only for tests, with allowHttpOnLoopback');
  if (problems.length > 0)
    throw new PortcullisConfigurationError(problems.map((problem) => `${MODULE}: ${problem}`));
  return Object.freeze(options);
}
