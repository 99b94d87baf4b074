const PASSWORD = /passw(?:or)?d|passphrase|passcode/i;

/** Other secrets that are guessed, each a whole word: there are spinners, and options. */
const GUESSABLE: ReadonlySet<string> = new Set(['pin', 'otp', 'secret']);

/** Words that mean a secret where they were sent, and was refused; the name alone may be that of a country's code. */
const SENT: ReadonlySet<string> = new Set([
  ...GUESSABLE,
  ...['pwd', 'pass', 'passwd', 'pswd', 'psw', 'code', 'totp', 'mfa', 'tan', 'coupon', 'voucher', 'answer'],
]);

const ACCOUNT = /user|login|name|e-?mail|account|phone|mobile|customer|subject/i;

/** Fields that are looked at, in all layers together: a login has few, and a body may have a hundred thousand. */
const FIELDS_LOOKED_AT = 50;
const LAYERS_LOOKED_AT = 3;
const LONGEST = 200;

/** Whether a path or the name of a property is about a secret that people remember, or read from a device. */
export function namesSecret(name: string): boolean {
  return isAbout(name, GUESSABLE);
}

/** What a body holds by which somebody proves who they are, with the account that it is for; undefined where it holds no secret. */
export function secretIn(body: unknown): string | undefined {
  const secrets: string[] = [];
  const accounts: string[] = [];
  for (const [name, value] of fieldsOf(body)) {
    if (name.length > LONGEST) continue;
    if (isAbout(name, SENT)) secrets.push(value.slice(0, LONGEST));
    else if (ACCOUNT.test(name)) accounts.push(value.slice(0, LONGEST));
  }
  return secrets.length === 0 ? undefined : JSON.stringify([secrets, accounts]);
}

function isAbout(name: string, words: ReadonlySet<string>): boolean {
  if (PASSWORD.test(name)) return true;
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .some((word) => words.has(word));
}

/** The fields of a body that are texts or numbers, also of what is in it. @param left how many are yet to be looked at */
function* fieldsOf(
  body: unknown,
  layers = LAYERS_LOOKED_AT,
  left = { fields: FIELDS_LOOKED_AT },
): Iterable<readonly [string, string]> {
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return;
  for (const name in body) {
    if (left.fields-- <= 0) return;
    const value: unknown = (body as Record<string, unknown>)[name];
    if (typeof value === 'string' || typeof value === 'number') yield [name, String(value)];
    else if (layers > 1) yield* fieldsOf(value, layers - 1, left);
  }
}
