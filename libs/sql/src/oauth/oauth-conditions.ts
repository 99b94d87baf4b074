import type { OAuthArtifactSelection, OAuthConsentSelection } from '@portcullis/auth';
import type { Value } from '../database.js';
import { toSqlText } from '../text.js';

/** What a selection means in SQL, from `$1` on; undefined where it selects nothing, as it does when a part of it is undefined. */
export function conditionOf(
  which: OAuthArtifactSelection | OAuthConsentSelection,
): { condition: string; values: Value[] } | undefined {
  const { madeBy, ...names }: Names & { readonly madeBy?: number } = which;
  const parts = Object.entries(COLUMNS).filter(([name]) => name in names);
  const values = parts.map(([name]) => names[name as keyof Names]);
  if (!values.every((value) => value !== undefined)) return undefined;
  const compared = parts.map(([, column], index) => `${column} = $${index + 1}`);
  if (madeBy !== undefined) compared.push(`created_at <= $${compared.length + 1}`);
  return {
    condition: compared.join(' AND '),
    values: [...values.map(toSqlText), ...(madeBy === undefined ? [] : [madeBy])],
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
