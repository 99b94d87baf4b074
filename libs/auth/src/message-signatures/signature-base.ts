import type { MessageSignature } from './message-signature.js';
import { MessageSignatureError } from './message-signature-error.js';

/** What a line of the base can hold (RFC 9421 section 2.5): a line break would begin another component. */
const LINE = /^[\x20-\x7e]*$/;

/**
 * The text that is signed (RFC 9421 section 2.5).
 *
 * @param read gives the value of a component; undefined where the message has none
 * @throws MessageSignatureError where one is missing, or can't be signed as it is
 */
export function signatureBase(
  { covered, input }: Pick<MessageSignature, 'covered' | 'input'>,
  read: (component: string) => string | undefined,
): string {
  const lines = covered.map((component) => {
    const value = read(component);
    if (value === undefined)
      throw new MessageSignatureError(`"${component}" is covered, and the message does not have it once`);
    if (!LINE.test(value))
      throw new MessageSignatureError(`"${component}" has other characters than ASCII has`);
    return `"${component}": ${value}\n`;
  });
  return `${lines.join('')}"@signature-params": ${input}`;
}
