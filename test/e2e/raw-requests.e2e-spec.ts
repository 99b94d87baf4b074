import { Body, Controller, Post } from '@nestjs/common';
import { RequireUser } from '@portcullis/auth';
import { appWith, noStrikes, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { type RawResponse, rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class FormController {
  @RequireUser()
  @Post('form')
  form(@Body() body: unknown) {
    return { body };
  }
}

/** What no HTTP client sends is written on the socket by hand. */
describeOnPlatforms('raw requests on %s', (running) => {
  const codeOf = ({ body }: RawResponse) => JSON.parse(body).code;

  beforeAll(() =>
    running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [PlainRoutesController, FormController],
    }),
  );

  afterEach(async () => {
    expect((await running.fetch('/user', { headers: await userWith(running.app) })).status).toBe(200);
  });

  it('one Authorization header is let in', async () => {
    const { authorization } = await userWith(running.app);
    expect((await rawRequest(running.url, 'GET /user', [`Authorization: ${authorization}`])).status).toBe(
      200,
    );
  });

  it('two Authorization headers are an invalid request, even if one of them is good', async () => {
    const { authorization } = await userWith(running.app);
    for (const [first, second] of [
      [authorization, authorization],
      [authorization, 'Basic YTpi'],
      ['Basic YTpi', authorization],
    ]) {
      const response = await rawRequest(running.url, 'GET /user', [
        `Authorization: ${first}`,
        `authorization: ${second}`,
      ]);
      expect(response.status).toBe(400);
      expect(codeOf(response)).toBe('invalid_request');
      expect(response.headers['www-authenticate']).toBe(
        `Bearer realm="api", ${ownMetadata}, error="invalid_request"`,
      );
    }
  });

  it('two API key headers are an invalid request, even if they are the same', async () => {
    const { 'x-api-key': key } = await appWith(running.app);
    const response = await rawRequest(running.url, 'GET /app', [`X-API-Key: ${key}`, `x-api-key: ${key}`]);
    expect(response.status).toBe(400);
    expect(codeOf(response)).toBe('invalid_request');
    expect(response.headers['www-authenticate']).toBe(
      'ApiKey realm="api", header="X-API-Key", error="invalid_request"',
    );
  });

  it('two keys in one header are no key', async () => {
    const { 'x-api-key': key } = await appWith(running.app);
    expect((await rawRequest(running.url, 'GET /app', [`X-API-Key: ${key}, ${key}`])).status).toBe(401);
  });

  it('a token in the header and in a form is an invalid request', async () => {
    const { authorization } = await userWith(running.app);
    const body = `access_token=${authorization.slice('Bearer '.length)}`;
    const headers = [
      `Authorization: ${authorization}`,
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
    ];
    const response = await rawRequest(running.url, 'POST /form', headers, body);
    expect(response.status).toBe(400);
    expect(codeOf(response)).toBe('invalid_request');
  });

  it('a token in a form alone is not taken: the header is the only way', async () => {
    const { authorization } = await userWith(running.app);
    const body = `access_token=${authorization.slice('Bearer '.length)}`;
    const headers = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
    const response = await rawRequest(running.url, 'POST /form', headers, body);
    expect(response.status).toBe(401);
    expect(codeOf(response)).toBe('credentials_required');
  });

  it.each([
    ['an empty Authorization header', 'Authorization:', 'credentials_required'],
    ['Bearer and nothing', 'Authorization: Bearer', 'invalid_token'],
    ['Bearer and spaces', 'Authorization: Bearer    ', 'invalid_token'],
    ['bytes that are no ASCII', 'Authorization: Bearer \xff\xfe.\xe9.\xe8', 'invalid_token'],
  ])('%s gets 401', async (_, header, code) => {
    const response = await rawRequest(running.url, 'GET /user', [header]);
    expect(response.status).toBe(401);
    expect(codeOf(response)).toBe(code);
  });

  it('a header of 100 KB is turned away', async () => {
    const { status } = await rawRequest(running.url, 'GET /user', [
      `Authorization: Bearer ${'a'.repeat(100_000)}`,
    ]);
    expect(status).toBe(431);
  });

  it('a token of 12 KB is turned away before anything is verified', async () => {
    const response = await rawRequest(running.url, 'GET /user', [
      `Authorization: Bearer ${'a'.repeat(12_000)}`,
    ]);
    expect(response.status).toBe(401);
    expect(codeOf(response)).toBe('invalid_token');
  });
});
