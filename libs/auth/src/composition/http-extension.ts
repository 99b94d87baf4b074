import type { PortcullisExtension } from '../extension.js';
import { HttpContext } from '../guard/http-context.js';

/** How requests over HTTP are answered. Apart from the core, because only an app needs the whole of Nest, which it loads. */
export const HTTP: PortcullisExtension = {
  name: 'http',
  contexts: { http: HttpContext },
};
