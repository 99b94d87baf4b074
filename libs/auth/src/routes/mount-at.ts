import { Controller, type Type, UseGuards } from '@nestjs/common';
import { OwnRoutesGuard } from './own-routes.guard.js';

const paths = new WeakMap<object, string>();

/** A controller of ours at a path of the app's own. Two apps in one process may differ, so each gets a class of its own. */
export function mountAt(path: string, controller: Type): Type {
  const mounted = { [controller.name]: class extends controller {} }[controller.name] as Type;
  Controller(path)(mounted);
  UseGuards(OwnRoutesGuard)(mounted);
  paths.set(mounted, path);
  return mounted;
}

/** Where a controller of ours was mounted; undefined for others. */
export function mountedPathOf(controller: unknown): string | undefined {
  return typeof controller === 'function' ? paths.get(controller) : undefined;
}
