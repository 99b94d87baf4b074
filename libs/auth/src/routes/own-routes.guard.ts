import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';

/** Injects the guard of our own controllers. */
export const OWN_ROUTES_GUARD = Symbol('portcullis.own-routes-guard');

/** Guards our own controllers, which nobody else could put a guard on in an app without the global one. */
@Injectable()
export class OwnRoutesGuard implements CanActivate {
  constructor(@Inject(OWN_ROUTES_GUARD) private readonly guard: CanActivate) {}

  canActivate(host: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.guard.canActivate(host);
  }
}
