import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { PortcullisAdminModule } from '@portcullis/auth';
import { rowsUnder } from './page-tables.js';

const PAGE = 'docs/reference/admin-routes.md';

/** `GET /admin/bans` and so on, as the module registers them. */
function registeredRoutes(): string[] {
  const scanner = new MetadataScanner();
  const { controllers = [] } = PortcullisAdminModule.register();
  return (controllers as Type[]).flatMap((controller) => {
    const base: string = Reflect.getMetadata(PATH_METADATA, controller);
    return scanner.getAllMethodNames(controller.prototype).flatMap((name) => {
      const handler: object = controller.prototype[name];
      const path: string | undefined = Reflect.getMetadata(PATH_METADATA, handler);
      const method: RequestMethod = Reflect.getMetadata(METHOD_METADATA, handler);
      return path === undefined ? [] : [`${RequestMethod[method]} ${`/${base}/${path}`.replace(/\/+$/, '')}`];
    });
  });
}

/** A cell has methods before the path that they are for, and ends of paths that take the place of the last one's. */
function routesIn(cell: string): string[] {
  const routes: string[] = [];
  let methods: string[] = [];
  for (const [, method, path = ''] of cell.matchAll(/`([A-Z]+)?\s*(\/[^`?]*)?[^`]*`/g)) {
    if (method !== undefined) methods.push(method);
    if (method !== undefined && path !== '') {
      routes.push(...methods.map((each) => `${each} ${path}`));
      methods = [];
    } else if (path !== '') routes.push(`${routes.at(-1)?.replace(/\/[^/]*$/, '')}${path}`);
  }
  return routes;
}

it('has every route that the module registers, and no other', async () => {
  const rows = await rowsUnder(PAGE, 'Routes for admins');
  const shown = rows.flatMap(([routes = '']) => routesIn(routes));
  expect([...new Set(shown)].sort()).toEqual(registeredRoutes().sort());
});
