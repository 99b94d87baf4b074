import { BadRequestException, NotFoundException } from '@nestjs/common';
import { InputError } from '../errors.js';

/** @throws NotFoundException when there is nothing, or nothing was done */
export function found<T>(value: T | undefined | false): T {
  if (value === undefined || value === false) throw new NotFoundException();
  return value;
}

/** What only a service can find out: that something in the request makes no sense. */
export function asBadRequest(error: unknown): never {
  throw error instanceof InputError ? new BadRequestException(error.message) : error;
}
