import type { IncomingHttpHeaders } from 'node:http';

const NONE: readonly never[] = [];

/** Which of some headers were sent with a value as wanted: mostly none is. @param names in lower case */
export function headersAmong(
  headers: IncomingHttpHeaders,
  names: ReadonlySet<string>,
  isWanted: (value: string) => boolean,
): readonly string[] {
  let found: string[] | undefined;
  for (const name in headers) {
    if (!names.has(name) || !isWanted(String(headers[name]))) continue;
    if (found === undefined) found = [name];
    else found.push(name);
  }
  return found ?? NONE;
}
