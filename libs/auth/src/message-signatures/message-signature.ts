import {
  type BareItem,
  type Dictionary,
  isInnerList,
  type Parameters,
  parseDictionary,
  serializeDictionary,
  serializeInnerList,
} from 'structured-headers';
import { MessageSignatureError } from './message-signature-error.js';

/** Of each of the two headers, in characters: room for the signature of the largest RSA key. */
const MAX_LENGTH = 4_096;
/** Fields are named in lower case (RFC 9421 section 2.1), what is derived begins with `@` (section 2.2). */
const COMPONENT = /^@?[a-z\d!#$%&'*+\-.^_`|~]+$/;

/** The parameters that have a meaning (RFC 9421 section 2.3). */
const NUMBERS = ['created', 'expires'];
const TEXTS = ['nonce', 'alg', 'keyid', 'tag'];

/** What a signature says of itself (RFC 9421 section 2.3). Times are seconds since the epoch. */
export interface SignatureParameters {
  readonly created?: number;
  readonly expires?: number;
  readonly nonce?: string;
  readonly alg?: string;
  readonly keyid?: string;
  readonly tag?: string;
}

/** The signature of a message as it was sent. Nothing of it is believed yet. */
export interface MessageSignature {
  /** The components that are signed, in their order. */
  readonly covered: readonly string[];
  readonly parameters: SignatureParameters;
  /** The value of `@signature-params`: both of the above, as they are signed. */
  readonly input: string;
  readonly signature: Uint8Array;
}

/**
 * Reads the one signature of a message (RFC 9421 section 4). What two readers could take for two things is refused: several signatures,
 * a name that stands twice, another spelling than the one that everybody writes (RFC 9651 section 4.1).
 *
 * @param input the value of `Signature-Input`
 * @param signature the value of `Signature`
 * @throws MessageSignatureError
 */
export function readMessageSignature(input: string, signature: string): MessageSignature {
  const [inputLabel, members] = soleMemberOf(input, 'Signature-Input');
  const [label, [bytes, further]] = soleMemberOf(signature, 'Signature');
  if (label !== inputLabel) throw new MessageSignatureError('Signature and Signature-Input differ in labels');
  if (!isInnerList(members)) throw new MessageSignatureError('Signature-Input is no list of components');
  if (!(bytes instanceof ArrayBuffer) || further.size > 0)
    throw new MessageSignatureError('Signature is no sequence of bytes');
  return {
    covered: coveredBy(members[0]),
    parameters: parametersIn(members[1]),
    input: serializeInnerList(members),
    signature: new Uint8Array(bytes),
  };
}

function soleMemberOf(text: string, header: string) {
  if (text.length > MAX_LENGTH) throw new MessageSignatureError(`${header} is too long`);
  const dictionary = dictionaryIn(text);
  // A name that stands twice is there once by now.
  if (dictionary === undefined || serializeDictionary(dictionary) !== text)
    throw new MessageSignatureError(`${header} is not written as structured fields are`);
  const [member, ...others] = dictionary;
  if (member === undefined || others.length > 0)
    throw new MessageSignatureError(`${header} holds ${dictionary.size} signatures, and one is wanted`);
  return member;
}

function dictionaryIn(text: string): Dictionary | undefined {
  try {
    return parseDictionary(text);
  } catch {
    return undefined;
  }
}

function coveredBy(items: readonly (readonly [BareItem, Parameters])[]): readonly string[] {
  const names = items.map(([name, parameters]) => {
    if (typeof name !== 'string' || !COMPONENT.test(name))
      throw new MessageSignatureError('a component has no name that one can have');
    const [parameter] = parameters.keys();
    if (parameter !== undefined)
      throw new MessageSignatureError(`"${name}";${parameter} is covered, and no parameters are supported`);
    return name;
  });
  if (new Set(names).size < names.length) throw new MessageSignatureError('a component is covered twice');
  return names;
}

function parametersIn(given: Parameters): SignatureParameters {
  for (const [name, value] of given) {
    const isRight = NUMBERS.includes(name)
      ? Number.isInteger(value)
      : TEXTS.includes(name) && typeof value === 'string';
    if (!isRight)
      throw new MessageSignatureError('a parameter of the signature is unknown, or of another type');
  }
  return Object.fromEntries(given);
}
