import { describeOnPlatforms } from '../support/running-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('beside the paths of the authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  beforeAll(() => server.start());

  const answerAt = async (path: string, method: string) => {
    const response = await running.fetch(path, { method });
    const body = (await response.text()).replaceAll(path, '…');
    return [response.status, response.headers.get('content-type'), body];
  };

  it.each([
    '/oauth/whatever',
    '/oauth/',
    '/oauth/tokens',
    '/oauth/token/',
    '/oauth/token/more',
    '/oauth/authorize/one/two',
    '/oauth/logout/elsewhere',
    '/oauth/device-authorization/more',
    // Both are off here.
    '/oauth/register',
    '/oauth/register/somebody',
  ])('%s is answered like any path that the app does not have', async (path) => {
    for (const method of ['GET', 'POST'])
      expect(await answerAt(path, method)).toEqual(await answerAt('/nowhere', method));
  });

  it.each([
    ['GET', '/oauth/token', 'POST'],
    ['PUT', '/oauth/introspect', 'POST'],
    ['POST', '/oauth/jwks', 'GET'],
    ['DELETE', '/oauth/userinfo', 'GET, POST'],
    ['PUT', '/oauth/authorize', 'GET, POST'],
    ['PUT', '/oauth/logout', 'GET, POST'],
    ['GET', '/oauth/logout/confirm', 'POST'],
    ['POST', '/oauth/logout/success', 'GET'],
  ])('%s is refused at %s, which takes %s', async (method, path, allowed) => {
    const response = await running.fetch(path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });
});
