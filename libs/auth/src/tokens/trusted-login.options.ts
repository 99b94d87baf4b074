import { IsArray, IsBoolean, IsNotEmpty, IsString, ValidateBy } from 'class-validator';

/**
 * What of another issuer's words on how its users have logged in counts here, in its tokens and where somebody comes by single sign-on. Of
 * issuers that are not named nothing does.
 */
export class TrustedLoginOptions {
  /** `iss`, to the letter. */
  @IsString()
  @IsNotEmpty()
  readonly issuer!: string;

  /** Its values of `acr` that count, and what each of them is called here; a single sign-on that is called `mfa` counts as two factors. */
  @AreNames()
  readonly acr: Readonly<Record<string, string>> = {};

  /** Its values of `amr` that count; where `mfa` is among them, a single sign-on that has it counts as two factors. */
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
