import { ValidationPipe } from '@nestjs/common';

/** The admin routes check their input themselves, whatever pipes the app has. */
export const ADMIN_VALIDATION = new ValidationPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
});
