import { Controller, Get, Header, NotFoundException } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { Public } from '../access/access.decorator.js';
import { KeyRing } from './key-ring.js';

/** The public keys of this app's own tokens, for whoever verifies them elsewhere. */
@Public()
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keyRing: KeyRing) {}

  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  keys(): JSONWebKeySet {
    if (this.keyRing.signingKey === undefined) throw new NotFoundException();
    return this.keyRing.published;
  }
}
