import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AccessRules } from '../access/access-rules.js';
import { MissingModuleGuard } from '../access/missing-module.guard.js';
import { HandPlacedGuards } from '../guard/hand-placed-guards.js';
import { HandPlacedIpBans } from '../guard/hand-placed-ip-bans.js';

/** What can only be done when everything is constructed, and has to be done before there is a route. */
@Injectable()
export class BeforeRoutes {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly rules: AccessRules,
    private readonly guards: HandPlacedGuards,
    private readonly ipBans: HandPlacedIpBans,
  ) {}

  /** @throws PortcullisConfigurationError naming the handlers that would not be guarded as they say */
  prepare(): void {
    MissingModuleGuard.relieve(this.modules);
    this.rules.noteInstances();
    this.guards.check();
    this.ipBans.check();
  }
}
