import type { IncomingMessage, ServerResponse } from 'node:http';
import { controllersWith, rootModule } from './routes.js';
import { BODY, type Subject, type SubjectMaker } from './subject.js';

/** Node's server, which answers at once: no framework gets to see the request. Less than this no answer can cost. */
export const nodeHttp: SubjectMaker = ({ routes }): Subject => ({
  module: rootModule({ controllers: controllersWith(routes) }),
  prepare: (app) => {
    const server = app.getHttpServer();
    server.removeAllListeners('request');
    server.on('request', (_: IncomingMessage, response: ServerResponse) => response.end(BODY));
  },
});
