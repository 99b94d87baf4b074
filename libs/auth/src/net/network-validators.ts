import { buildMessage, ValidateBy, type ValidationOptions } from 'class-validator';
import { parseIpNetwork } from './ip-address.js';
import { isProxyNetwork } from './proxy-networks.js';
import type { PublicOrigin } from './public-origins.js';
import { isSecureUrl } from './secure-url.js';

/** An https URL without query and fragment (RFC 8414 section 2); plain http is for loopback only. */
export function IsSecureUrl(): PropertyDecorator {
  return isUrlWithout('query and fragment', (value) => value);
}

/** The same, and it may have a query (RFC 9728 section 1.2). */
export function IsSecureResource(): PropertyDecorator {
  return isUrlWithout('fragment', (value) =>
    typeof value === 'string' ? value.replace(/\?[^#\\]*$/, '') : value,
  );
}

function isUrlWithout(what: string, lookedAt: (value: unknown) => unknown): PropertyDecorator {
  return ValidateBy({
    name: 'isSecureUrl',
    validator: {
      validate: (value) => isSecureUrl(lookedAt(value), true),
      defaultMessage: () => `$property must be an https URL (http only on loopback) without ${what}`,
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
        '$property must list addresses, networks in CIDR notation, or loopback, linklocal, uniquelocal; trusting every address (/0) would let clients forge theirs',
    },
  });
}

/** URLs of an app as its clients know them, each with what a proxy makes of its path. */
export function ArePublicOrigins(): PropertyDecorator {
  return ValidateBy({
    name: 'arePublicOrigins',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every(isPublicOrigin),
      defaultMessage: () =>
        '$property must list https URLs (http only on loopback) without query and fragment, each as a text or as { url, path } with a path from the root',
    },
  });
}

function isPublicOrigin(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isSecureUrl(value, true);
  const { url, path, ...rest } = value as Partial<PublicOrigin>;
  const isPath = path === undefined || (typeof path === 'string' && /^\/[\w\-./~]*$/.test(path));
  return isSecureUrl(url, true) && isPath && Object.keys(rest).length === 0;
}
