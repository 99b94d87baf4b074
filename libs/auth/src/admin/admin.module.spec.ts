import type { Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { type AccessRule, compileAccessRule } from '../access/access-rule.js';
import { PortcullisAdminModule, type PortcullisAdminOptions } from './admin.module.js';

/** The compiled rules of every admin route, as the module mounts them. */
function rulesWith(options?: PortcullisAdminOptions): AccessRule[] {
  const { controllers = [] } = PortcullisAdminModule.register(options);
  return controllers.flatMap((type: Type) =>
    new MetadataScanner().getAllMethodNames(type.prototype).map((method) => compileAccessRule(type, method)),
  );
}

describe('every admin route', () => {
  it('demands a user with the scope of its kind, so no app opens it by that scope', () => {
    const demands = rulesWith().map(
      ({ handler, requires, user }) => `${handler.split('.', 1)[0]}: ${requires} ${user.allOf}`,
    );
    expect([...new Set(demands)].toSorted()).toEqual([
      'ApiKeysAdminController: user keys:admin',
      'AuditAdminController: user audit:read',
      'BansAdminController: user bans:admin',
      'ClientsAdminController: user clients:admin',
      'FactorsAdminController: user factors:admin',
      'RevocationsAdminController: user tokens:admin',
      'SessionsAdminController: user sessions:admin',
    ]);
  });

  it('demands a user also where the app has chosen other scopes', () => {
    const kinds = ['apiKeys', 'bans', 'revocations', 'sessions', 'factors', 'clients', 'audit'];
    const scopes = Object.fromEntries(kinds.map((kind) => [kind, 'root:all']));
    for (const rule of rulesWith({ scopes })) {
      expect(rule).toMatchObject({ requires: 'user', user: { allOf: ['root:all'] } });
    }
  });

  it('that ends something demands the login that the app names, and no other app in the process does', () => {
    const dangerous = { acr: 'mfa', maxAgeSeconds: 300 };
    const demanding = (rules: AccessRule[]) =>
      rules.filter(({ demands }) => demands.length > 0).map(({ handler }) => handler);
    expect(demanding(rulesWith({ dangerous })).toSorted()).toEqual([
      'ApiKeysAdminController.revoke',
      'ApiKeysAdminController.revokeAll',
      'BansAdminController.clear',
      'BansAdminController.import',
      'BansAdminController.unban',
      'ClientsAdminController.delete',
      'ClientsAdminController.disable',
      'FactorsAdminController.remove',
      'RevocationsAdminController.revoke',
      'SessionsAdminController.end',
      'SessionsAdminController.endAll',
    ]);
    expect(demanding(rulesWith())).toEqual([]);
  });
});
