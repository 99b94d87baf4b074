import type { LoginOwner } from '../revocation/revocation-service.js';
import type { UpstreamLogin, UpstreamSelection } from './session.store.js';

/** By what logins are ended that somebody has begun elsewhere: their session there, or else whoever they are there. */
export function endedBy(upstream: UpstreamSelection): LoginOwner {
  const { iss, sub, sid } = { sub: '', ...upstream };
  return sid === undefined ? ownerOf(iss, 'sub', sub) : ownerOf(iss, 'sid', sid);
}

/** By what a login may be ended whose user another issuer has vouched for; nothing where none has. */
export function endableBy(upstream: UpstreamLogin | null | undefined): readonly LoginOwner[] {
  if (upstream == null) return [];
  const { iss, sub, sid } = upstream;
  return [ownerOf(iss, 'sub', sub), ...(sid === undefined ? [] : [ownerOf(iss, 'sid', sid)])];
}

/** Neither passes for the other, nor for a user of ours. */
function ownerOf(issuer: string, kind: 'sub' | 'sid', name: string): LoginOwner {
  return { issuer, subject: JSON.stringify([kind, name]) };
}
