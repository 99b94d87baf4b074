import { Controller, Get, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { BODY, pathOf } from './subject.js';

/** Routes per controller, as an app has them. */
const ROUTES_PER_CONTROLLER = 10;

/**
 * Controllers with so many routes, which all answer the same.
 *
 * @param decorators what the subject writes on each controller
 */
export function controllersWith(routes: number, decorators: readonly ClassDecorator[] = []): Type[] {
  const controllers: Type[] = [];
  for (let first = 0; first < routes; first += ROUTES_PER_CONTROLLER) {
    class MeasuredController {}
    const last = Math.min(first + ROUTES_PER_CONTROLLER, routes);
    for (let route = first; route < last; route++) addRoute(MeasuredController, route);
    for (const decorate of [Controller(), ...decorators]) decorate(MeasuredController);
    controllers.push(MeasuredController);
  }
  return controllers;
}

/** A root module of its own, so that no two measurements share one. */
export function rootModule(metadata: ModuleMetadata): Type {
  class RootModule {}
  Module(metadata)(RootModule);
  return RootModule;
}

function addRoute(controller: Type, route: number): void {
  const name = `read${route}`;
  const descriptor = { value: () => BODY, writable: true, configurable: true };
  Object.defineProperty(controller.prototype, name, descriptor);
  Get(pathOf(route))(controller.prototype, name, descriptor);
}
