import { Inject, Injectable } from '@nestjs/common';
import { AccessRules } from '../access/access-rules.js';
import { PortcullisConfigurationError } from '../errors.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import { DEFAULT_STRIKE_RULES } from './default-strike-rules.js';
import type { NamedStrikes } from './strike-rules.js';

/** What handlers call their failures by `@Strikes`: a name that no rule knows would count for nothing. */
@Injectable()
export class StrikeEvents {
  /** @throws PortcullisConfigurationError naming each handler whose event no rule counts */
  constructor(rules: AccessRules, @Inject(BAN_SETTINGS) { bans }: BanSettings) {
    // Whoever gives no rules at all has turned them off, and means none of those that there would be.
    const given = bans.rules.length === 0 ? DEFAULT_STRIKE_RULES : bans.rules;
    const known = new Set(given.flatMap(({ match }) => [match.event ?? [], match.unlessEvent ?? []].flat(2)));
    const isUnknown = ({ event, rule }: NamedStrikes) => rule === undefined && !known.has(event);
    const problems = rules.all.flatMap(({ rule: { handler, traits } }) =>
      (traits.strikes ?? [])
        .filter(isUnknown)
        .map(
          ({ event }) =>
            `${handler}: @Strikes names the event ${JSON.stringify(event)}, which no rule of bans.rules matches: ` +
            'name one that does, add a rule, or give the decorator a score of its own',
        ),
    );
    if (problems.length > 0) throw new PortcullisConfigurationError([...new Set(problems)]);
  }
}
