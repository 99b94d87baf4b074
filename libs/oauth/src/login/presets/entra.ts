import type { OpenIdProvider } from '../login-provider.js';

type Given = Pick<
  OpenIdProvider,
  'clientId' | 'clientSecret' | 'scopes' | 'parameters' | 'createUsers' | 'allowHttpOnLoopback'
>;

export interface EntraOptions extends Given {
  /**
   * The ids of the tenants that people may come from: one, several, or all `organizations`; with `common` personal accounts, too.
   */
  readonly tenants: string | readonly string[];
  /** Another cloud than the public one, such as `https://login.microsoftonline.us`. */
  readonly authority?: string;
}

const PUBLIC_CLOUD = 'https://login.microsoftonline.com';
const EVERYBODY = ['organizations', 'common'];

/**
 * Microsoft Entra ID. Somebody is their `oid` in their tenant: `sub` is another one in each app, and addresses are whatever a tenant's admin
 * has written, so that none of them links an account.
 *
 * @throws TypeError when `tenants` names none
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/claims-validation
 */
export function entra({ tenants, authority = PUBLIC_CLOUD, ...given }: EntraOptions): OpenIdProvider {
  const ids = [tenants].flat();
  const isEverybody = ids.length === 1 && EVERYBODY.includes(ids[0] as string);
  if (!isEverybody && !(ids.length > 0 && ids.every(isId)))
    throw new TypeError('entra: tenants must be ids (GUIDs), or organizations, or common');
  const tenant = ids.length === 1 ? ids[0] : 'organizations';
  const isOne = ids.length === 1 && !isEverybody;
  return {
    ...given,
    // The library knows by this host that `iss` has the tenant's own id in the place of `{tenantid}`.
    issuer: `${isOne ? authority : PUBLIC_CLOUD}/${tenant}/v2.0`,
    metadataUrl: `${authority}/${tenant}/v2.0/.well-known/openid-configuration`,
    algorithms: ['RS256'],
    identityOf: ({ iss, tid, oid }) => {
      if (!isId(tid) || !isId(oid) || iss !== `${authority}/${tid}/v2.0`) return undefined;
      return isEverybody || ids.includes(tid) ? { iss, sub: oid } : undefined;
    },
  };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value);
}
