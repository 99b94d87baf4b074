import { ArrayMaxSize, IsArray, IsInt, Matches, Max, Min } from 'class-validator';
import { IsSharedSecret } from '../options/option-validators.js';

/** How banned people may show that they are no program. */
export class ChallengeOptions {
  /**
   * The path of the app's own page, such as `/challenge`: it, and what is below it, stays open to whom a rule or a list has banned, thirty
   * requests a minute. Browsers are sent there from other pages.
   */
  @Matches(/^(?:\/[A-Za-z0-9_-]+)+$/, {
    message: '$property must be a path of letters, digits, - and _, with a slash before each part',
  })
  readonly path!: string;

  /** How long a pass lets somebody in, in seconds. */
  @IsInt()
  @Min(60)
  @Max(2_592_000)
  readonly passSeconds: number = 3_600;

  /**
   * What passes are signed with, at least 32 bytes each, the same for all instances; to change it put the new one in front. Without any a
   * secret is made that this process alone knows: a pass then works at this instance, until it stops.
   */
  @IsArray()
  @ArrayMaxSize(2)
  @IsSharedSecret({ each: true })
  readonly secrets: readonly (string | Uint8Array)[] = [];
}
