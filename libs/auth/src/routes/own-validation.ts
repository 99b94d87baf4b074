import { ValidationPipe } from '@nestjs/common';

/** Our own routes check their input themselves, whatever pipes the app has. */
export const OWN_VALIDATION = new ValidationPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
});
