import { buildMessage, ValidateBy, type ValidationOptions } from 'class-validator';
import { encryptionKeyOf } from '../sealing/sealer.js';

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
