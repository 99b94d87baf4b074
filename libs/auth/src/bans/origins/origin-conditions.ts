import type { Origin } from './origin-reader.js';

/** Addresses by where they are from. All that is given must be true of them. */
export interface OriginMatch {
  /** In one of these countries: ISO 3166-1, two capitals. */
  readonly countries?: readonly string[];
  /** In none of these countries, or in none that is known. */
  readonly unlessCountries?: readonly string[];
  /** Routed by one of these autonomous systems. */
  readonly asns?: readonly number[];
}

/** Whom nobody wants. */
export interface OriginCondition extends OriginMatch {
  /** Its name in reasons: letters, digits, `-` and `_`. */
  readonly id: string;
  /** Only report whom it would refuse (`ban.shadowed`). */
  readonly shadow?: boolean;
}

export function meets({ countries, unlessCountries, asns }: OriginMatch, { country, asn }: Origin): boolean {
  return (
    (countries === undefined || (country !== undefined && countries.includes(country))) &&
    (unlessCountries === undefined || country === undefined || !unlessCountries.includes(country)) &&
    (asns === undefined || (asn !== undefined && asns.includes(asn)))
  );
}

/** What makes no sense in a list of conditions, in a few words. */
export function problemOfConditions(conditions: unknown): string | undefined {
  if (!Array.isArray(conditions)) return 'must be a list of conditions';
  const wrong = conditions.findIndex((condition) => !isCondition(condition));
  return wrong === -1
    ? undefined
    : `needs an id, and countries (CH), unlessCountries or asns (64500) in condition ${wrong + 1}`;
}

function isCondition(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, shadow, ...match } = value as Partial<OriginCondition>;
  return (
    typeof id === 'string' &&
    /^[\w-]{1,100}$/.test(id) &&
    [undefined, true, false].includes(shadow) &&
    isOriginMatch(match)
  );
}

/** Whether it names countries or systems, and nothing else. */
export function isOriginMatch(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { countries, unlessCountries, asns, ...rest } = value as OriginMatch;
  const parts = [countries, unlessCountries, asns].filter((part) => part !== undefined);
  const areCountries = (list: unknown) =>
    list === undefined ||
    (Array.isArray(list) && list.every((code) => typeof code === 'string' && /^[A-Z]{2}$/.test(code)));
  return (
    parts.length > 0 &&
    parts.every((part) => Array.isArray(part) && part.length > 0) &&
    [countries, unlessCountries].every(areCountries) &&
    (asns === undefined || asns.every((asn) => Number.isInteger(asn) && asn > 0 && asn < 2 ** 32)) &&
    Object.keys(rest).length === 0
  );
}
