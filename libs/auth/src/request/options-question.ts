import type { RequestContext } from './request-context.js';

/** Of OPTIONS requests, whether a route takes what they ask about. */
const QUESTIONS = new WeakMap<RequestContext, () => boolean>();

/**
 * To be called for an OPTIONS request: it asks what may be done with a path.
 *
 * @param findRoute whether a route takes what it asks about; asked when that matters
 */
export function noteQuestion(request: RequestContext, findRoute: () => boolean): void {
  QUESTIONS.set(request, findRoute);
}

/** Whether a request only asks what may be done with a path, and has met no handler by it. */
export function isQuestion(request: RequestContext): boolean {
  return request.method === 'OPTIONS' && request.handler === undefined && QUESTIONS.has(request);
}

/** Whether a route takes what a question is about. */
export function isAboutRoute(request: RequestContext): boolean {
  return QUESTIONS.get(request)?.() !== false;
}
