import { type ValidationError, validateSync } from 'class-validator';

/** The given values over the defaults of an options class, and over further ones; what is undefined keeps its default. */
export function withDefaults<T extends object>(
  type: new () => T,
  given: object | undefined,
  defaults: Partial<T> = {},
): T {
  // What is no object is left as it is, to be refused by name.
  if (given === null || (given !== undefined && typeof given !== 'object')) return given as never;
  const defined = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return Object.assign(new type(), defaults, Object.fromEntries(defined));
}

/** Every option that is wrong, each in one line with its full name. Values are left out: some are secret. */
export function problemsOf(options: object): string[] {
  const errors = validateSync(options, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
  return errors.flatMap((error) => problemsOfProperty(error, ''));
}

function problemsOfProperty({ property, constraints, children }: ValidationError, path: string): string[] {
  const name = `${path}${property}`;
  const own = Object.entries(constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? `${name}: there is no such option`
      : `${name}: ${message.replace(`each value in ${property} `, 'each value ').replace(`${property} `, '')}`,
  );
  return [...own, ...(children ?? []).flatMap((child) => problemsOfProperty(child, `${name}.`))];
}
