import type { OAuthArtifactSelection, OAuthConsentSelection } from '@portcullis/auth';
import type { Condition } from '../newest-first.js';
import { toSqlText } from '../text.js';

/** What a selection means in SQL; undefined where it selects nothing, as it does when a part of it is undefined. */
export function conditionOf(which: OAuthArtifactSelection | OAuthConsentSelection): Condition | undefined {
  const { madeBy, ...names }: Names & { readonly madeBy?: number } = which;
  const parts = Object.entries(COLUMNS).flatMap(([name, column]) =>
    name in names ? [[column, names[name as keyof Names]] as const] : [],
  );
  if (parts.some(([, text]) => text === undefined)) return undefined;
  return (bind) => {
    const compared = parts.map(([column, text]) => `${column} = ${bind(toSqlText(text as string))}`);
    if (madeBy !== undefined) compared.push(`created_at <= ${bind(madeBy)}`);
    return compared.join(' AND ');
  };
}

const COLUMNS = {
  issuer: 'issuer',
  grantId: 'grant_id',
  sessionId: 'session_id',
  clientId: 'client_id',
  subject: 'subject',
};

type Names = { readonly [Name in keyof typeof COLUMNS]?: string };
