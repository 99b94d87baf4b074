import { IsBoolean, IsIn, IsInt, Matches, Max, Min, ValidateBy } from 'class-validator';
import { IfGiven } from '../../options/option-validators.js';
import { BAN_LIST_FORMATS, type BanListFormat } from './ban-list.js';
import { feedSourceOf } from './feed-source.js';

/** The absolute path of a file, a `file:` URL, or an https URL (http on loopback). */
function IsFeedSource(): PropertyDecorator {
  return ValidateBy({
    name: 'isFeedSource',
    validator: {
      validate: (value) => feedSourceOf(value) !== undefined,
      defaultMessage: () =>
        '$property must be an absolute path, a file: URL, or an https URL (http only on loopback)',
    },
  });
}

/** A list of addresses to ban that others keep. */
export class BanFeedOptions {
  /** What the list is called in logs and events. Of its own for each feed. */
  @Matches(/^[\w.-]{1,64}$/, {
    message: '$property must be 1 to 64 letters, digits, dots, dashes and underscores',
  })
  readonly name!: string;

  /**
   * Where the list is: the absolute path of a file, a `file:` URL, or an https URL (http on loopback). Credentials and query of a
   * URL are never shown.
   */
  @IsFeedSource()
  readonly source!: string;

  /** What the list looks like. By default it is recognised. */
  @IfGiven()
  @IsIn(BAN_LIST_FORMATS)
  readonly format?: BanListFormat;

  /** The time between two loads, in seconds. Ask the publisher: some block who comes more often than once an hour. */
  @IsInt()
  @Min(10)
  @Max(604_800)
  readonly reloadSeconds: number = 3_600;

  /** The longest list that is read, in bytes. */
  @IsInt()
  @Min(1)
  @Max(268_435_456)
  readonly maxBytes: number = 67_108_864;

  /** Only report whom the list would ban. For a list that is tried out. */
  @IsBoolean()
  readonly shadow: boolean = false;
}
