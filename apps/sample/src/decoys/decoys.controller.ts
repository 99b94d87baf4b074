import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Honeypot } from '@portcullis/auth';
import { WORDPRESS_LOGIN_PAGE } from './wordpress-login-page.js';

/** Nothing links here: only somebody who tries doors at random comes by. Hidden from the docs, so that nobody honest does. */
@ApiExcludeController()
@Controller()
export class DecoysController {
  @Honeypot()
  @Get('wp-login.php')
  @Header('Content-Type', 'text/html; charset=UTF-8')
  wordpress(): string {
    return WORDPRESS_LOGIN_PAGE;
  }
}
