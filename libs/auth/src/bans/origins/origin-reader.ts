/** What knows where addresses are from: what of a reader of an MMDB file is needed. */
export interface OriginReader {
  /**
   * The record of an address; null or undefined where there is none. A promise is waited for beside the requests, two seconds at most: what
   * it says holds from the next request on.
   */
  get(address: string): unknown;
}

/** What is known of an address. */
export interface Origin {
  /** ISO 3166-1, two capitals. */
  readonly country: string | undefined;
  /** The number of the autonomous system that the address is routed by. */
  readonly asn: number | undefined;
}

/** What records of the usual files say: GeoLite2 and GeoIP2, DB-IP, IPinfo, IPLocate. */
export function originIn(records: readonly unknown[]): Origin {
  const known = records.filter((record) => typeof record === 'object' && record !== null) as Fields[];
  return { country: firstOf(known, countryIn), asn: firstOf(known, asnIn) };
}

interface Fields {
  readonly [name: string]: unknown;
}

function firstOf<T>(records: readonly Fields[], find: (record: Fields) => T | undefined): T | undefined {
  for (const record of records) {
    const found = find(record);
    if (found !== undefined) return found;
  }
  return undefined;
}

function countryIn({
  country,
  country_code: code,
  registered_country: registered,
}: Fields): string | undefined {
  for (const value of [country, code, registered]) {
    const text = typeof value === 'object' && value !== null ? (value as Fields).iso_code : value;
    if (typeof text === 'string' && /^[A-Z]{2}$/i.test(text)) return text.toUpperCase();
  }
  return undefined;
}

function asnIn({ autonomous_system_number: number, asn, traits }: Fields): number | undefined {
  const inTraits =
    typeof traits === 'object' && traits !== null ? (traits as Fields).autonomous_system_number : undefined;
  for (const value of [number, asn, inTraits]) {
    const digits = /^(?:AS)?(\d{1,10})$/i.exec(String(value))?.[1];
    if (digits !== undefined) return Number(digits);
  }
  return undefined;
}
