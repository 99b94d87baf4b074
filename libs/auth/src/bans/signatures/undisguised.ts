import { endsOf, LOOKED_AT } from './ends-of.js';

/** Where each character is encoded that often, a third of what is looked at is left. */
const DECODED_OF = 3 * LOOKED_AT;

/** Who encodes more often than that hides nothing from anybody who decodes once. */
const DECODED_AT_MOST = 4;

/** What some decoder takes for a character: percent-encoding, also of overlong UTF-8 and of UTF-16, entities of HTML, escapes of scripts. */
const ENCODED =
  /%c([01])%([0-9a-f]{2})|%(?:e0%80|f0%80%80)%([89ab][0-9a-f])|%u([0-9a-f]{4})|((?:%[0-9a-f]{2})+)|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#x0{0,6}([0-9a-f]{1,4});?|&#0{0,6}(\d{1,5});?|&(lt|gt|quot|apos|amp|colon|lpar|rpar|sol|bsol|tab|newline);/gi;

const ENTITIES: Readonly<Record<string, string>> = {
  ...{
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    amp: '&',
    colon: ':',
    lpar: '(',
    rpar: ')',
    sol: '/',
    bsol: '\\',
  },
  ...{ tab: '\t', newline: '\n' },
};

/** What is encoded otherwise than by percent-encoding. */
const ESCAPED = /%u|\\[ux]|&(?:#|(?:lt|gt|quot|apos|amp|colon|lpar|rpar|sol|bsol|tab|newline);)/i;

const NOT_ASCII = /[^\0-\x7f]/;

/** Anything that is taken off: most texts have none of it, which one look tells. */
const DISGUISE =
  /[%*\t\v\f\x80-\uffff]| {2}|(?<!:)\/\.?\/|\\[ux]|&(?:#|lt|gt|quot|apos|amp|colon|lpar|rpar|sol|bsol|tab|newline)/i;

/**
 * A text as whoever it is meant for would read it in the end: decoded as often as it was encoded, in one form of Unicode, with slashes and
 * white space that say nothing taken out, and comments of SQL turned into spaces. Of a long one the first and the last 1,024
 * characters are left.
 */
export function undisguised(text: string): string {
  if (text.length <= LOOKED_AT && !DISGUISE.test(text)) return text;
  let plain = endsOf(text, DECODED_OF);
  for (let round = 0; round < DECODED_AT_MOST; round++) {
    const decoded = decodedOnce(plain);
    if (decoded === plain) break;
    plain = decoded;
  }
  plain = endsOf(plain, LOOKED_AT);
  if (NOT_ASCII.test(plain)) plain = plain.normalize('NFKC');
  if (plain.includes('*')) plain = plain.replace(/\/\*[^!*][^*]{0,100}\*\/|\/\*(?:!\d{0,6})?|\*\//g, ' ');
  if (/[\t\v\f]| {2}/.test(plain)) plain = plain.replace(/[\t\v\f ]+/g, ' ');
  return /\/\.?\//.test(plain) ? plain.replace(/(?<!:)\/(?:\.?\/)+/g, '/') : plain;
}

/** Most texts are percent-encoded as they should be, which the platform decodes far faster than an expression. */
function decodedOnce(text: string): string {
  let plain = text;
  if (text.includes('%')) {
    try {
      plain = decodeURIComponent(text);
    } catch {
      return text.replace(ENCODED, decodedFrom);
    }
  }
  return ESCAPED.test(plain) ? plain.replace(ENCODED, decodedFrom) : plain;
}

/** The same for a URL's path and query, in which a plus is a space. */
export function undisguisedTarget(target: string): string {
  const query = target.indexOf('?');
  if (query === -1) return undisguised(target);
  return undisguised(target.slice(0, query) + target.slice(query).replaceAll('+', ' '));
}

/** The same for a path, without the parameters of its segments (`;jsessionid=…`), which some servers ignore. */
export function undisguisedPath(path: string): string {
  const plain = undisguised(path.replaceAll('\\', '/')).replaceAll('\\', '/');
  const bare = plain.includes(';') ? plain.replace(/;[^/]*/g, '') : plain;
  return /\/\.?\//.test(bare) ? bare.replace(/\/(?:\.?\/)+/g, '/') : bare;
}

function decodedFrom(whole: string, ...groups: unknown[]): string {
  const [high, low, overlong, utf16, bytes, unicode, byte, hexEntity, entity, name] = groups as (
    | string
    | undefined
  )[];
  if (bytes !== undefined) return bytesOf(bytes);
  if (high !== undefined && low !== undefined) return overlongOf(Number(high), Number.parseInt(low, 16));
  if (overlong !== undefined) return String.fromCharCode(Number.parseInt(overlong, 16) & 0x3f);
  const hex = utf16 ?? unicode ?? byte ?? hexEntity;
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
  if (entity !== undefined) return String.fromCharCode(Number(entity));
  return (name === undefined ? undefined : ENTITIES[name.toLowerCase()]) ?? whole;
}

/** Some decoders take any byte for the second one. */
function overlongOf(high: number, low: number): string {
  return String.fromCharCode(low < 0x80 ? low : (high << 6) | (low & 0x3f));
}

/** What is no UTF-8 is taken for Latin-1. */
function bytesOf(encoded: string): string {
  if (encoded.length === 3) return String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  const bytes = Buffer.from(encoded.replaceAll('%', ''), 'hex');
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}
