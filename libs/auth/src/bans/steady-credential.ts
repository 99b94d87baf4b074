/** What names who sends it, in schemes that sign each request anew: accounts and keys, by RFC 7616, RFC 5849, AWS, Hawk and their like. */
const NAMING =
  /\b(?:username\*?|user|realm|id|app_?id|key_?id|access_?key(?:_?id)?|credential|account|client_?id|oauth_consumer_key|oauth_token)=(?:"([^"]*)"|([^\s,"]+))/gi;

/** Schemes in which each request is signed, or answers a challenge, so that what is sent is never the same. */
const SIGNING =
  /^(?:digest|hawk|oauth|mac|signature|apiauth|sharedkey(?:lite)?|aws|obs|oss|cos|qiniu|hmac(?:-sha\d{1,3})?|[\w-]{1,20}-hmac-sha\d{1,3}(?:-payload)?)\s/i;

/** Handshakes of Windows, which name nobody in a text. */
const HANDSHAKE = /^(?:ntlm|negotiate|kerberos)\s/i;

/** Cookies of balancers, walls and counters, by the beginning of their names: they change with every answer, and prove nobody. */
const BALANCERS =
  /^(?:aws(?:alb|elb)|__cf|cf_|_cfuvid|arraffinity|bigip|incap_|visid_incap|nlbi_|ak_bm|bm_|_abck|datadome|gclb|nsc_|serverid|route$|_ga|_gid|_gcl|_fb|_hj|xsrf|csrf|_csrf|ts0)/i;

/**
 * What of `Authorization` stays the same while somebody sends the same again: Digest, NTLM and signatures are another text in each request,
 * and whoever polls with one wrong password must not look like fifty. Guesses in them at one account look like a poll.
 */
export function steadyAuthorization(text: string): string {
  if (HANDSHAKE.test(text)) return schemeOf(text);
  if (!SIGNING.test(text)) return text;
  const named = Array.from(text.matchAll(NAMING), ([parameter]) => parameter);
  return named.length === 0 ? (text.split(':')[0] ?? '') : [schemeOf(text), ...named].join(' ');
}

/** What of the cookies may prove somebody. */
export function steadyCookies(text: string): string {
  return text
    .split(';')
    .map((each) => each.trim())
    .filter((each) => !BALANCERS.test(each))
    .join(';');
}

function schemeOf(text: string): string {
  return /^\S*/.exec(text)?.[0].toLowerCase() ?? '';
}
