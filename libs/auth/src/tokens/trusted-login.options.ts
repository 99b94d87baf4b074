import { IsArray, IsBoolean, IsNotEmpty, IsString, ValidateBy } from 'class-validator';

/** What of another issuer's words on how its users have logged in counts here. By default nothing. */
export class TrustedLoginOptions {
  /** Its values of `acr` that count, and what each of them is called here. */
  @AreNames()
  readonly acr: Readonly<Record<string, string>> = {};

  /** Its values of `amr` that count. */
  @IsArray()
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  readonly amr: readonly string[] = [];

  /** Whether its `auth_time` counts. */
  @IsBoolean()
  readonly authTime: boolean = false;
}

function AreNames(): PropertyDecorator {
  return ValidateBy({
    name: 'areNames',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((name) => typeof name === 'string' && name !== ''),
      defaultMessage: () => '$property must name a text of yours for each of theirs',
    },
  });
}
