import { applyDecorators, UseGuards, UsePipes, ValidationPipe } from '@nestjs/common';
import { InputLimitsGuard } from './input-limits.guard.js';

/** Our own routes check their input themselves, whatever guards and pipes the app has. */
export const OwnValidation = (): ClassDecorator & MethodDecorator =>
  applyDecorators(UseGuards(LIMITS), UsePipes(PIPE));

/** Ahead of the app's pipes, which come before ours. */
const LIMITS = new InputLimitsGuard();

const PIPE = new ValidationPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
});
