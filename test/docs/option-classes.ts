import { getMetadataStorage, validateSync } from 'class-validator';

type OptionsClass = new () => object;

/** One option, as its class has it. */
export interface OptionFacts {
  readonly name: string;
  /** As a page writes it: a unit or type with the limits; undefined where the class doesn't say. */
  readonly type: string | undefined;
  /** As a page writes it. */
  readonly default: string;
  /** All that may be given, where it is one of a few. */
  readonly values: readonly unknown[];
}

/** The values that pages name instead of writing them out. */
export type NamedValues = ReadonlyMap<unknown, string>;

/** Every option of a class: nothing that no decorator checks is accepted, so all that is accepted has one. */
export function optionsOf(type: OptionsClass, named: NamedValues): OptionFacts[] {
  const checks = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const names = new Set(checks.map(({ propertyName }) => propertyName));
  const values = new type();
  const required = new Set(validateSync(values).map(({ property }) => property));
  return [...names].sort().map((name) => {
    const own = checks.filter(({ propertyName }) => propertyName === name);
    const isNested = own.some(({ type }) => type === 'nestedValidation');
    const value: unknown = Reflect.get(values, name);
    return {
      name,
      type: typeOf(type, name, own),
      default: defaultOf(value, { isNested, isRequired: required.has(name), named }),
      values: valuesOf(own),
    };
  });
}

interface Check {
  readonly name?: string;
  readonly each: boolean;
  readonly constraints: readonly unknown[];
}

function typeOf(type: OptionsClass, name: string, checks: readonly Check[]): string | undefined {
  switch (Reflect.getMetadata('design:type', type.prototype, name)) {
    case Boolean:
      return 'boolean';
    case Number: {
      const limit = (rule: string) =>
        checks.find((check) => check.name === rule && !check.each)?.constraints[0];
      return [unitOf(name), rangeOf(limit('min'), limit('max'))].filter((part) => part !== '').join(', ');
    }
    default:
      return undefined;
  }
}

function valuesOf(checks: readonly Check[]): readonly unknown[] {
  const allowed = checks.find((check) => check.name === 'isIn' && !check.each)?.constraints[0];
  return Array.isArray(allowed) ? allowed : [];
}

function unitOf(name: string): string {
  if (/Seconds$/.test(name)) return 's';
  if (/Days$/.test(name)) return 'days';
  return /Bytes$/.test(name) ? 'bytes' : 'number';
}

function rangeOf(least: unknown, most: unknown): string {
  const text = (limit: unknown) => Number(limit).toLocaleString('en-US');
  if (least === undefined) return most === undefined ? '' : `at most ${text(most)}`;
  return most === undefined ? `at least ${text(least)}` : `${text(least)} to ${text(most)}`;
}

function defaultOf(
  value: unknown,
  {
    isNested,
    isRequired,
    named,
  }: { readonly isNested: boolean; readonly isRequired: boolean; readonly named: NamedValues },
): string {
  if (named.has(value)) return `\`${named.get(value)}\``;
  if (value === undefined) {
    if (isNested) return 'see below';
    return isRequired ? 'required' : 'none';
  }
  if (typeof value === 'number') return `\`${value.toLocaleString('en-US').replaceAll(',', '_')}\``;
  if (typeof value === 'string') return `\`'${value}'\``;
  return `\`${JSON.stringify(value).replaceAll('"', "'").replaceAll(',', ', ')}\``;
}
