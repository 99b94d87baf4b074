/** Every way to a session, or to a credential that works without one. Each asks for a second factor; a test goes over the list. */
export const LOGIN_ROADS = [
  'password',
  'passkey',
  'single-sign-on',
  'password-reset',
  'recovery',
  'device-flow',
  'personal-token',
  'api-key',
] as const;

export type LoginRoad = (typeof LOGIN_ROADS)[number];
