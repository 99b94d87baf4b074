import {
  buildMessage,
  ValidateBy,
  ValidateIf,
  type ValidationError,
  type ValidationOptions,
  validateSync,
} from 'class-validator';
import { isLifetime, isMetadata } from '../api-keys/new-api-key.js';
import { problemsOfRules } from '../bans/strike-rules.js';
import { parseIpNetwork } from '../net/ip-address.js';
import { encryptionKeyOf } from '../tokens/key-sealer.js';

/** An https URL without query and fragment (RFC 8414 section 2); plain http is for loopback only. */
export function IsSecureUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'isSecureUrl',
    validator: {
      validate: (value) => isSecureUrl(value, true),
      defaultMessage: () =>
        '$property must be an https URL (http only on loopback) without query and fragment',
    },
  });
}

/** A key for HMAC-SHA-256 is as long as its hash (RFC 7518 section 3.2). */
export function IsSharedSecret(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isSharedSecret',
      validator: {
        validate: (value: unknown) =>
          (typeof value === 'string' || value instanceof Uint8Array) && Buffer.byteLength(value) >= 32,
        defaultMessage: buildMessage((each) => `${each}$property must be at least 32 bytes long`, options),
      },
    },
    options,
  );
}

/** 32 bytes in Base64, for AES-256. The message doesn't show them. */
export function IsEncryptionKey(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isEncryptionKey',
      validator: {
        validate: (value) => encryptionKeyOf(value) !== undefined,
        defaultMessage: buildMessage(
          (each) => `${each}$property must be 32 bytes in Base64: openssl rand -base64 32`,
          options,
        ),
      },
    },
    options,
  );
}

/** A positive number of seconds, or that something never ends. */
export function IsLifetime(): PropertyDecorator {
  return ValidateBy({
    name: 'isLifetime',
    validator: {
      validate: isLifetime,
      defaultMessage: () => "$property must be a positive number of seconds, or 'never'",
    },
  });
}

/** A JSON object of at most 4 KiB. */
export function IsMetadata(): PropertyDecorator {
  return ValidateBy({
    name: 'isMetadata',
    validator: {
      validate: isMetadata,
      defaultMessage: () => '$property must be an object of at most 4096 bytes as JSON',
    },
  });
}

/** Rules for strikes, no two with one id. */
export function AreStrikeRules(): PropertyDecorator {
  return ValidateBy({
    name: 'areStrikeRules',
    validator: {
      validate: (value) => Array.isArray(value) && problemsOfRules(value).length === 0,
      defaultMessage: (validated) =>
        Array.isArray(validated?.value)
          ? `$property: ${problemsOfRules(validated.value).join('; ')}`
          : '$property must be a list of rules',
    },
  });
}

/** An IP address, or a network in CIDR notation. */
export function IsIpNetwork(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isIpNetwork',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && parseIpNetwork(value) !== undefined,
        defaultMessage: buildMessage(
          (each) => `${each}$property must be an IP address or a network in CIDR notation`,
          options,
        ),
      },
    },
    options,
  );
}

/** Addresses and networks, but never all of them: that would let every client name its own address. */
export function AreProxyNetworks(): PropertyDecorator {
  return ValidateBy({
    name: 'areProxyNetworks',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every(isProxyNetwork),
      defaultMessage: () =>
        '$property must list addresses or networks in CIDR notation; trusting every address (/0) would let clients forge theirs',
    },
  });
}

/** Checks an option only where it is given; null is given, and wrong. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

export function IsCallable(): PropertyDecorator {
  return ValidateBy({
    name: 'isCallable',
    validator: {
      validate: (value: unknown) => typeof value === 'function',
      defaultMessage: () => '$property must be a function',
    },
  });
}

/** Something with these methods. */
export function HasMethods(...methods: string[]): PropertyDecorator {
  return ValidateBy({
    name: 'hasMethods',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        methods.every((method) => typeof Reflect.get(value, method) === 'function'),
      defaultMessage: () => `$property must have the methods ${methods.join(', ')}`,
    },
  });
}

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

/**
 * Whether this is an https URL without credentials, query and fragment.
 *
 * @param allowHttpOnLoopback whether plain http is good enough for a server on this machine
 */
export function isSecureUrl(value: unknown, allowHttpOnLoopback: boolean): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(value);
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  const isSecure = protocol === 'https:' || (protocol === 'http:' && isLoopback && allowHttpOnLoopback);
  return isSecure && username + password + search + hash === '';
}

function isProxyNetwork(value: unknown): boolean {
  const network = typeof value === 'string' ? parseIpNetwork(value) : undefined;
  return network !== undefined && network.prefixLength > 0;
}
