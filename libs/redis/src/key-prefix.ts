/**
 * What the keys of an app begin with unless it says so itself. Other names never have the same one, and no character of a name means
 * anything to Redis: `{` would choose the place in a Cluster, `*` open an access list.
 */
export function redisKeyPrefix(appName: string): string {
  const encoded = appName.replace(
    /[^\w.~:/-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `portcullis:${encoded}`;
}
