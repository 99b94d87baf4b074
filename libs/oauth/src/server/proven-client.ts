import type { KoaContextWithOIDC } from 'oidc-provider';

/** Notes that the client of a request has proven itself, by its secret or its key: the provider knows one by its id before that. */
export function noteProvenClient(context: KoaContextWithOIDC | undefined, clientId: string): void {
  if (context !== undefined) context.state.provenClient = clientId;
}

/** The id of the client that has proven itself. */
export function provenClientIn({ state }: KoaContextWithOIDC): string | undefined {
  return state.provenClient as string | undefined;
}
