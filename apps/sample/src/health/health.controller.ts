import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { PortcullisHealth, Public } from '@portcullis/auth';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly portcullis: PortcullisHealth,
  ) {}

  /** For who restarts the process when it hangs: nothing outside of it is asked, because a restart would mend nothing there. */
  @Public()
  @Get()
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** For the load balancer: 503 when this instance should get no requests. */
  @Public()
  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.portcullis.isHealthy('portcullis')]);
  }
}
