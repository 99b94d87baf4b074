import type { DynamicModule } from '@nestjs/common';
import { mountAt } from '../routes/mount-at.js';
import { RouteModule, registered } from '../routes/route-module.js';
import { LEAK_REPORT_OPTIONS, type LeakReportOptions, leakReportOptions } from './leak-report.options.js';
import { LeakReportService } from './leak-report-service.js';
import { LeakReportsController } from './leak-reports.controller.js';
import { ReportSignatures } from './report-signatures.js';

export type PortcullisLeakReportsOptions = Partial<LeakReportOptions>;

/**
 * A route for GitHub's secret scanning partner program: keys that GitHub finds in public are revoked at once. Import it
 * where it is wanted, and create the app with `{ rawBody: true }`: signatures are checked on the bytes as they came.
 */
@RouteModule()
export class PortcullisLeakReportsModule {
  /** @throws PortcullisConfigurationError naming every option that is wrong */
  static register(given: PortcullisLeakReportsOptions = {}): DynamicModule {
    const options = leakReportOptions(given);
    return registered({
      module: PortcullisLeakReportsModule,
      controllers: [mountAt(options.path, LeakReportsController)],
      providers: [{ provide: LEAK_REPORT_OPTIONS, useValue: options }, ReportSignatures, LeakReportService],
    });
  }
}
