import type { ProviderLibrary } from './provider-library.js';

/** A client may ask how strong the login is to be (RFC 9470): whoever has logged in otherwise does it again. */
export function loginPolicy({ interactionPolicy }: ProviderLibrary, now: () => number) {
  const policy = interactionPolicy.base();
  const { Check } = interactionPolicy;
  const { checks } = policy.get('login') as NonNullable<ReturnType<typeof policy.get>>;
  // The provider's own goes by the clock of this machine, and logins by that of all instances.
  checks.remove('max_age');
  checks.add(
    new Check('max_age', 'a younger login is asked for', 'login_required', ({ oidc }) => {
      const { session, params, result } = oidc;
      const age = now() / 1000 - (session?.loginTs ?? 0);
      const isMet =
        params?.max_age === undefined || result?.login !== undefined || age <= Number(params.max_age);
      return isMet ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    }),
  );
  checks.add(
    new Check('acr_values', 'a stronger login is asked for', 'login_required', (context) => {
      const { session, params } = context.oidc;
      const wanted = typeof params?.acr_values === 'string' ? params.acr_values.split(' ') : [];
      const isMet = wanted.length === 0 || wanted.includes(session?.acr ?? '');
      return isMet ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    }),
  );
  return policy;
}
