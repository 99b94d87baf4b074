/** What headers of an answer can be added to. */
export interface ResponseHead {
  readonly headersSent: boolean;
  getHeader(name: string): unknown;
  setHeader(name: string, value: string): unknown;
}

/** Sets a header of the answer, whoever gives it. What a framework is told later, on its own response or on Node's, replaces it. */
export function setHeader(response: ResponseHead | undefined, name: string, value: string): void {
  if (response !== undefined && !response.headersSent) response.setHeader(name, value);
}

/** Adds a value to a header of the answer, whoever gives it. */
export function addHeader(response: ResponseHead | undefined, name: string, value: string): void {
  const existing = response?.getHeader(name);
  setHeader(response, name, existing === undefined ? value : `${existing}, ${value}`);
}
