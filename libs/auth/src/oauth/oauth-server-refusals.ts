import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    oauth_refused: true;
    interaction_over: true;
  }
}

/** The answer is the server's own, by its standards; this is what events and rules see. */
export const OAUTH_REFUSED = defineRefusal('oauth_refused', {
  status: 400,
  title: 'Refused by the authorization server',
  detail: 'The client, or what it has sent, was not accepted.',
});

export const INTERACTION_OVER = defineRefusal('interaction_over', {
  status: 404,
  title: 'Interaction over',
  detail:
    'What was asked for is answered, has expired, or began in another browser: go back to the application, and begin again.',
});

export const OAUTH_SERVER_REFUSALS = [OAUTH_REFUSED, INTERACTION_OVER];
