import type { CredentialScheme } from './credential-scheme.js';
import { CredentialSchemes } from './credential-schemes.js';

/** A scheme whose credentials are `secret-` and a letter, with the texts that it has looked at. */
function secrets(): { schemes: CredentialSchemes; looks: string[] } {
  const looks: string[] = [];
  const scheme: CredentialScheme<string> = {
    kind: 'secret',
    proves: 'user',
    headers: [],
    howToSend: 'not at all',
    present: () => undefined,
    prove: () => {
      throw new Error('nobody asks');
    },
    challenge: () => undefined,
    nameOf: async () => undefined,
    findIn(text) {
      looks.push(text);
      const found = /secret-[a-z]/.exec(text)?.[0];
      return found === undefined ? undefined : { presented: found, called: 'a secret' };
    },
  };
  return { schemes: new CredentialSchemes([scheme]), looks };
}

it('looks at a URL that comes again, and holds no credential, once', () => {
  const { schemes, looks } = secrets();
  const found = ['/parcels?page=1', '/parcels?page=2', '/parcels?page=1'].map((url) =>
    schemes.findInUrl(url),
  );
  expect(found).toEqual([undefined, undefined, undefined]);
  expect(looks).toEqual(['/parcels?page=1', '/parcels?page=2']);
});

it('finds a credential in a URL each time, also where one that is alike held none', () => {
  const { schemes } = secrets();
  // Alike in length and in all that a place in the table goes by.
  const [clean, leaking] = ['/parcels?page=secret_a&size=10', '/parcels?page=secret-a&size=10'];
  expect(schemes.findInUrl(clean)).toBeUndefined();
  for (const _ of [1, 2]) expect(schemes.findInUrl(leaking)).toMatchObject({ presented: 'secret-a' });
  expect(schemes.findInUrl('/parcels?page=secret%2da')).toMatchObject({ presented: 'secret-a' });
  expect(schemes.findInUrl(`/${'x'.repeat(600)}/secret-b`)).toMatchObject({ presented: 'secret-b' });
});
