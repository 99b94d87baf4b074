import { readFileSync } from 'node:fs';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@portcullis/auth';

const fileNamed = (name: string) => readFileSync(new URL(`../../public/${name}`, import.meta.url), 'utf8');

/** One script and one stylesheet of our own, and a QR code that the script is given; nothing in the page itself runs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page at which people log in, and see their devices and factors. */
@ApiExcludeController()
@Public()
@Controller('login')
export class LoginPageController {
  readonly #page = fileNamed('login.html');
  readonly #script = fileNamed('login.js');
  readonly #style = fileNamed('login.css');

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', POLICY)
  @Header('Cache-Control', 'no-store')
  page(): string {
    return this.#page;
  }

  @Get('login.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  script(): string {
    return this.#script;
  }

  @Get('login.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  style(): string {
    return this.#style;
  }
}
