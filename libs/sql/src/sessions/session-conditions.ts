import type { SessionSelection, UpstreamSelection } from '@portcullis/auth';
import type { Condition } from '../newest-first.js';
import { toSqlText } from '../text.js';

/** What a selection means in SQL; undefined where it selects nothing, as it does when a part of it is undefined. */
export function selectedBy(which: SessionSelection): Condition | undefined {
  const parts = partsOf(which);
  if (!parts.every(isKnown)) return undefined;
  return (bind) =>
    parts
      .map(([compared, value]) => `${compared} ${bind(typeof value === 'string' ? toSqlText(value) : value)}`)
      .join(' AND ');
}

type Part = readonly [compared: string, value: string | number | undefined];

function isKnown(part: Part): part is readonly [string, string | number] {
  return part[1] !== undefined;
}

function partsOf(which: SessionSelection): Part[] {
  if ('id' in which) return [['id =', which.id]];
  const begunBy: Part[] = which.begunBy === undefined ? [] : [['created_at <=', which.begunBy]];
  if ('upstream' in which) {
    const except: Part[] = which.except === undefined ? [] : [['id <>', which.except]];
    return [...partsOfLogin(which.upstream), ...except, ...begunBy];
  }
  // By what the index of theirs says of itself.
  if ('clientId' in which)
    return [["client_id >= '' AND client_id =", which.clientId], ['issuer =', which.issuer], ...begunBy];
  const except: Part[] = which.except === undefined ? [] : [['id <>', which.except]];
  return [['subject =', which.subject], ['issuer =', which.issuer], ...except, ...begunBy];
}

function partsOfLogin(upstream: UpstreamSelection): Part[] {
  const { iss, sid } = upstream;
  const ofIssuer: Part = ['upstream_iss =', iss];
  if (!('sub' in upstream)) return [['upstream_sid =', sid], ofIssuer];
  const ofOne: Part[] = sid === undefined ? [] : [['upstream_sid =', sid]];
  return [['upstream_sub =', upstream.sub], ofIssuer, ...ofOne];
}
