import type { ApiKeyQuery, ApiKeySelection, ApiKeyState } from '@portcullis/auth';
import type { Condition, NewestFirst } from '../newest-first.js';
import { toSqlText } from '../text.js';

/**
 * For each state what an index has, and what has to be looked at besides; `$at` stands for the time. What comes first counts where several
 * apply.
 */
const STATES: Readonly<Record<ApiKeyState, readonly [indexed: string, ...also: string[]]>> = {
  revoked: ['revoked_at IS NOT NULL'],
  expired: ['revoked_at IS NULL', 'expires_at <= $at'],
  disabled: ['disabled_at IS NOT NULL', 'revoked_at IS NULL', '(expires_at IS NULL OR expires_at > $at)'],
  pending: [
    'not_before > created_at',
    'revoked_at IS NULL',
    '(expires_at IS NULL OR expires_at > $at)',
    'disabled_at IS NULL',
    'not_before > $at',
  ],
  active: [
    'revoked_at IS NULL',
    '(expires_at IS NULL OR expires_at > $at)',
    'disabled_at IS NULL',
    '(not_before <= $at OR not_before <= created_at)',
  ],
};

/** What finds keys by an index, and what is looked at then. */
export function conditionsOf(query: ApiKeyQuery): Pick<NewestFirst, 'oneOf' | 'also'> {
  const { appId, subject, issuer, owner, tenant, state } = query;
  const wanted: [column: string, text: string | undefined][] = [
    ['app_id', appId],
    ['subject', subject],
    ['owner', owner],
    ['tenant', tenant],
  ];
  const [first, ...others] = wanted.filter((each): each is [string, string] => each[1] !== undefined);
  // No index begins with it: it is looked at, however much else is given.
  if (issuer !== undefined) others.push(['issuer', issuer]);
  const [indexed, ...also] = state === undefined ? [] : STATES[state.is];
  const stateParts = (parts: readonly string[]) =>
    parts.map(
      (part): Condition =>
        (bind) =>
          part.replaceAll('$at', () => bind(state?.at as number)),
    );
  // As expressions, so that the index of the first one is used, by which it is known how far it is looked.
  const otherParts = others.map(
    ([column, text]): Condition =>
      (bind) =>
        `(${column} || '') = ${bind(toSqlText(text))}`,
  );
  if (first === undefined)
    return { oneOf: stateParts([indexed ?? '']), also: [...otherParts, ...stateParts(also)] };
  return {
    oneOf: [(bind) => `${first[0]} = ${bind(toSqlText(first[1]))}`],
    also: [...otherParts, ...stateParts(indexed === undefined ? [] : [indexed, ...also])],
  };
}

const SELECTED_BY: Readonly<Record<string, string>> = {
  id: 'id',
  appId: 'app_id',
  issuer: 'issuer',
  subject: 'subject',
  tenant: 'tenant',
};

/** What a selection means in SQL; undefined where it selects nothing, as it does when a part of it is undefined. */
export function selectedBy(selection: ApiKeySelection): Condition | undefined {
  const parts: [string, string | undefined][] = Object.entries(selection).filter(
    ([name]) => name in SELECTED_BY,
  );
  const isWhole =
    'id' in selection || 'appId' in selection || ('issuer' in selection && 'subject' in selection);
  if (!isWhole || parts.some(([, text]) => text === undefined)) return undefined;
  return (bind) =>
    parts.map(([name, text]) => `${SELECTED_BY[name]} = ${bind(toSqlText(text as string))}`).join(' AND ');
}
