import { buildMessage, ValidateBy } from 'class-validator';

/** Characters. */
export const LONGEST_NAME = 100;
/** Not the joiners: Persian is written with them, and emoji are made with them. */
const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/u;

/**
 * Whether a text may be what a user calls something of theirs: 1 to 100 characters, none of which breaks a line, can't be seen or turns
 * around what stands beside it. Others read it in lists, in mails and in logs.
 */
export function isVisibleName(text: string): boolean {
  return text.trim() !== '' && text.length <= LONGEST_NAME && !UNSEEN.test(text);
}

/** See {@link isVisibleName}. */
export function IsVisibleName(): PropertyDecorator {
  return ValidateBy({
    name: 'isVisibleName',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isVisibleName(value),
      defaultMessage: buildMessage(
        () => `$property must be a text of 1 to ${LONGEST_NAME} characters that can be seen`,
      ),
    },
  });
}
