import { CREDENTIALS_REQUIRED, PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import type { CredentialScheme } from './credential-scheme.js';

/**
 * The refusal of a request that lacks an identity. Whoever has proved something already is told what is missing and how it is sent, and
 * whoever has sent something that is no credential what is wrong with it; to anybody else the challenges are enough.
 *
 * @param schemes that would have helped
 * @param missing which identity it is
 * @param proven which one it has instead
 */
export function missingCredential(
  schemes: readonly CredentialScheme[],
  request: RequestContext,
  missing?: Identity['kind'],
  proven?: Identity['kind'],
): PortcullisError {
  const challenge = distinct(schemes, ({ kind }) => kind);
  const explained = distinct(schemes, (scheme) => scheme.explain?.(request));
  const reason = `no ${challenge.join(', no ')}`;
  if (proven === undefined && explained.length === 0)
    return new PortcullisError(CREDENTIALS_REQUIRED, reason, { challenge });
  const lacking = missing && proven ? [lackingText(schemes, missing, proven)] : [];
  const causes = [...(proven ? [`only a(n) ${proven} is proven`] : []), ...explained];
  const detail = [...lacking, ...explained].join(' ');
  return new PortcullisError(CREDENTIALS_REQUIRED, `${reason} (${causes.join(' ')})`, {
    challenge,
    ...(detail !== '' && { detail }),
  });
}

/** What is said of some schemes, each once. There are few, so that a set would take longer. */
function distinct(
  schemes: readonly CredentialScheme[],
  textOf: (scheme: CredentialScheme) => string | undefined,
): readonly string[] {
  const texts: string[] = [];
  for (const scheme of schemes) {
    const text = textOf(scheme) ?? undefined;
    if (text !== undefined && !texts.includes(text)) texts.push(text);
  }
  return texts;
}

function lackingText(
  schemes: readonly CredentialScheme[],
  missing: Identity['kind'],
  proven: Identity['kind'],
): string {
  const ways = distinct(schemes, howToSend).join(', or ');
  return `The request proves ${article(proven)}, and ${article(missing)} is missing: send ${ways}.`;
}

function article(kind: Identity['kind']): string {
  return kind === 'app' ? 'an application' : 'a user';
}

function howToSend({ headers, howToSend: text }: CredentialScheme): string {
  return text ?? `a credential in the header ${headers.join(', ')}`;
}
