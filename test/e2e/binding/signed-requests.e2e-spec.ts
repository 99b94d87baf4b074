import { constants, createHash, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { Body, Controller, Get, Post, Put } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeyService, RequireApp, RequireBinding, RequireUserOrApp, Scopes } from '@portcullis/auth';
import { createSigner, httpbis } from 'http-message-signatures';
import { ORIGIN } from '../../support/bound-calls.js';
import { appWith, noStrikes, ownTokens, userWith } from '../../support/credentials.js';
import { problemIn } from '../../support/http.js';
import { digestOf, Partner, type PartnerCall, type SignatureChanges } from '../../support/partner.js';
import { sendRaw } from '../../support/raw-headers.js';
import { describeOnPlatforms } from '../../support/running-app.js';

@RequireApp()
@Controller()
class RoutesController {
  @Get('app')
  app() {
    return 'in';
  }

  @RequireBinding()
  @Get('bound')
  bound() {
    return 'in';
  }

  @RequireUserOrApp()
  @Get('either')
  either() {
    return 'in';
  }

  @Scopes('parcels:write')
  @Get('scoped')
  scoped() {
    return 'in';
  }

  @Post('parcels')
  create(@Body() body: unknown) {
    return { taken: body };
  }

  @Put('parcels')
  replace(@Body() body: unknown) {
    return { taken: body };
  }
}

const BODY = '{"weight":7}';
const POST: PartnerCall = { method: 'POST', path: '/parcels', body: BODY };
const GET: PartnerCall = { path: '/app' };

describeOnPlatforms('an API key that is bound to a key, on %s', (running) => {
  let partner: Partner;
  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, publicOrigins: [ORIGIN], bans: noStrikes },
      controllers: [RoutesController],
      rawBody: true,
    });
    partner = await Partner.of(running.app);
  });

  const call = ({ method = 'GET', path, body }: PartnerCall, headers: Record<string, string>) =>
    running.fetch(path, { method, headers, ...(body !== undefined && { body }) });
  const statusOf = async (...request: Parameters<typeof call>) => {
    const response = await call(...request);
    await response.arrayBuffer();
    return response.status;
  };
  const signed = (target: PartnerCall, changes?: SignatureChanges) =>
    statusOf(target, partner.headers(target, changes));
  /** Why a call was refused, for the operator. */
  const reasonFor = async (target: PartnerCall, headers: Record<string, string>) => {
    const response = await call(target, headers);
    const { code, requestId } = await problemIn(response);
    expect([response.status, code]).toEqual([401, 'invalid_message_signature']);
    const { reason, request } = await running.events.about('request.refused', requestId);
    expect(request.keyId).toBe(partner.id);
    return reason;
  };

  describe('works', () => {
    it('with a signature over the request, and what was in it arrives', async () => {
      expect(await signed(GET)).toBe(200);
      const response = await call(POST, partner.headers(POST));
      expect([response.status, await response.json()]).toEqual([201, { taken: { weight: 7 } }]);
    });

    it.each([
      ['its query', { path: '/app?b=2&a=%20x&a' }, {}],
      [
        'more fields',
        GET,
        { covered: ['@method', 'x-api-key', 'x-trace', '@target-uri'], fields: { 'x-trace': 'a, b' } },
      ],
      ['the parts of the URL', GET, { covered: ['@target-uri', '@method', 'x-api-key'] }],
      ['another label', GET, { label: 'partner-1' }],
      ['alg and tag', GET, { parameters: { alg: 'ed25519', tag: 'depot' } }],
      ['an end that is to come', GET, { parameters: { expires: Math.floor(Date.now() / 1000) + 600 } }],
      ['a long nonce', GET, { parameters: { nonce: 'n'.repeat(128) } }],
      ['a clock that is 4 s ahead', GET, { parameters: { created: Math.floor(Date.now() / 1000) + 4 } }],
      [
        'the digest of no body',
        GET,
        {
          covered: ['@method', '@target-uri', 'x-api-key', 'content-digest'],
          fields: { 'content-digest': digestOf('') },
        },
      ],
    ])('with a signature over or with %s', async (_, target, changes) => {
      expect(await signed(target, changes)).toBe(200);
    });

    it('with the names that keyid may have', async () => {
      for (const keyid of [partner.id, partner.thumbprint as string])
        expect(await signed(GET, { parameters: { keyid } })).toBe(200);
    });

    it('with SHA-512, and with both digests', async () => {
      const sha512 = `sha-512=:${createHash('sha512').update(BODY).digest('base64')}:`;
      for (const digest of [sha512, `${sha512}, ${digestOf(BODY)}`])
        expect(await signed(POST, { fields: { 'content-digest': digest } })).toBe(201);
    });

    it('as a bearer token, with that header signed', async () => {
      const authorization = `Bearer ${partner.apiKey}`;
      const headers = partner.headers(
        { path: '/either' },
        {
          covered: ['@method', '@target-uri', 'authorization'],
          fields: { authorization },
        },
      );
      delete headers['x-api-key'];
      expect(await statusOf({ path: '/either' }, headers)).toBe(200);
      const wrong = await call({ path: '/either' }, { authorization });
      expect([wrong.status, (await problemIn(wrong)).code]).toEqual([401, 'invalid_message_signature']);
      expect(wrong.headers.get('accept-signature')).toContain('"authorization"');
    });

    it('where a bound credential is demanded, and other keys do not', async () => {
      const target = { path: '/bound' };
      expect(await statusOf(target, partner.headers(target))).toBe(200);
      expect(await running.statusOf('/bound', await appWith(running.app))).toBe(401);
    });
  });

  describe.each([
    ['ecdsa-p256-sha256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ecdsa-p384-sha384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ed25519', generateKeyPairSync('ed25519')],
  ] as const)('with a client library and %s', (algorithm, pair) => {
    it('works for requests with and without a body', async () => {
      const own = await Partner.of(running.app, {}, pair);
      const key = createSigner(pair.privateKey, algorithm, own.id);
      const send = async (method: string, path: string, body?: string) => {
        const { headers } = await httpbis.signMessage(
          {
            key,
            fields: [
              '@method',
              '@target-uri',
              'x-api-key',
              ...(body === undefined ? [] : ['content-digest']),
            ],
            params: ['created', 'nonce', 'keyid', 'alg'],
            paramValues: { nonce: randomUUID() },
          },
          {
            method,
            url: ORIGIN + path,
            headers: {
              'X-API-Key': own.apiKey,
              ...(body !== undefined && {
                'Content-Type': 'application/json',
                'Content-Digest': digestOf(body),
              }),
            },
          },
        );
        return statusOf({ method, path, body }, headers as Record<string, string>);
      };
      expect([await send('GET', '/app?a=1'), await send('POST', '/parcels', BODY)]).toEqual([200, 201]);
    });
  });

  /** By the length of its salt (RFC 9421 section 3.3.1), which the library leaves to Node. */
  it('with rsa-pss-sha512 works, with a salt of 64 bytes', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const own = await Partner.of(running.app, {}, pair);
    const statusWith = async (saltLength: number) => {
      const { headers } = await httpbis.signMessage(
        {
          key: {
            sign: async (data) =>
              sign('sha512', data, {
                key: pair.privateKey,
                padding: constants.RSA_PKCS1_PSS_PADDING,
                saltLength,
              }),
          },
          fields: ['@method', '@target-uri', 'x-api-key'],
          params: ['created', 'nonce'],
          paramValues: { nonce: randomUUID() },
        },
        { method: 'GET', url: `${ORIGIN}/app`, headers: { 'x-api-key': own.apiKey } },
      );
      return statusOf(GET, headers as Record<string, string>);
    };
    expect([await statusWith(64), await statusWith(32)]).toEqual([200, 401]);
  });

  describe('is refused', () => {
    it('without a signature, and says what is to be signed', async () => {
      const response = await call(POST, { 'x-api-key': partner.apiKey, 'content-type': 'application/json' });
      expect(response.status).toBe(401);
      expect((await problemIn(response)).code).toBe('invalid_message_signature');
      expect(response.headers.get('www-authenticate')).toBe(
        'ApiKey realm="api", header="X-API-Key", error="invalid_message_signature"',
      );
      expect(response.headers.get('accept-signature')).toMatch(
        /^sig=\("@method" "@target-uri" "x-api-key" "content-digest"\);created;nonce="[\w-]{22}"$/,
      );
      const withoutBody = await call(GET, { 'x-api-key': partner.apiKey });
      expect(withoutBody.headers.get('accept-signature')).toMatch(
        /^sig=\("@method" "@target-uri" "x-api-key"\);/,
      );
    });

    it('and the nonce that is offered then serves once', async () => {
      const refused = await call(GET, { 'x-api-key': partner.apiKey });
      const nonce = /nonce="([^"]+)"/.exec(refused.headers.get('accept-signature') ?? '')?.[1] ?? '';
      expect([
        await signed(GET, { parameters: { nonce } }),
        await signed(GET, { parameters: { nonce } }),
      ]).toEqual([200, 401]);
    });

    const now = Math.floor(Date.now() / 1000);
    it.each<[string, PartnerCall, SignatureChanges, string]>([
      ['by another key', GET, { privateKey: generateKeyPairSync('ed25519').privateKey }, 'by its key'],
      ['for another origin', GET, { origin: 'https://other.example' }, 'by its key'],
      ['for plain http', GET, { origin: 'http://api.example' }, 'by its key'],
      ['without the method', GET, { covered: ['@target-uri', 'x-api-key'] }, 'not cover @method'],
      ['without the URL', GET, { covered: ['@method', 'x-api-key'] }, 'not cover @target-uri'],
      ['without the key', GET, { covered: ['@method', '@target-uri'] }, 'not cover x-api-key'],
      ['without anything', GET, { covered: [] }, 'not cover @method, @target-uri, x-api-key'],
      [
        'without the digest of a body',
        POST,
        { covered: ['@method', '@target-uri', 'x-api-key'] },
        'not cover content-digest',
      ],
      [
        'over the digest of another body',
        POST,
        { fields: { 'content-digest': digestOf('{}') } },
        'not that of the body',
      ],
      [
        'over a weak digest',
        POST,
        { fields: { 'content-digest': 'md5=:AAAAAAAAAAAAAAAAAAAAAA==:' } },
        'not that of the body',
      ],
      [
        'over the digest of a body that is not there',
        GET,
        {
          covered: ['@method', '@target-uri', 'x-api-key', 'content-digest'],
          fields: { 'content-digest': digestOf('{}') },
        },
        'not that of the body',
      ],
      [
        'over a field that did not come',
        GET,
        { covered: ['@method', '@target-uri', 'x-api-key', 'x-none'] },
        'does not have',
      ],
      [
        'over something of an answer',
        GET,
        { covered: ['@method', '@target-uri', 'x-api-key', '@status'] },
        'does not have',
      ],
      ['without a time', GET, { parameters: { created: undefined } }, 'when it was created'],
      ['that is too old', GET, { parameters: { created: now - 120 } }, 'too old'],
      ['that is of the future', GET, { parameters: { created: now + 3_600 } }, 'future'],
      ['that has expired', GET, { parameters: { expires: now - 1 } }, 'expired'],
      ['without a nonce', GET, { parameters: { nonce: undefined } }, 'no nonce'],
      ['with an empty nonce', GET, { parameters: { nonce: '' } }, 'no nonce'],
      ['with a nonce that is too long', GET, { parameters: { nonce: 'n'.repeat(129) } }, 'too long'],
      ['with the name of another key', GET, { parameters: { keyid: 'other' } }, 'keyid'],
      ['with another algorithm', GET, { parameters: { alg: 'ecdsa-p256-sha256' } }, 'alg'],
      ['with an algorithm of shared secrets', GET, { parameters: { alg: 'hmac-sha256' } }, 'alg'],
      ['with an unknown parameter', GET, { parameters: { why: 1 } }, 'unknown'],
      ['that is huge', GET, { parameters: { tag: 't'.repeat(4_096) } }, 'too long'],
    ])('with a signature %s', async (_, target, changes, reason) => {
      expect(await reasonFor(target, partner.headers(target, changes))).toContain(reason);
    });

    it.each<[string, PartnerCall, PartnerCall]>([
      ['of another method', { ...POST, method: 'PUT' }, POST],
      ['of another path', { path: '/either' }, GET],
      ['of another query', { path: '/app?limit=1' }, { path: '/app?limit=2' }],
      ['with a query that was not signed', GET, { path: '/app?all' }],
      ['of another body', { ...POST, body: '{"weight":9}' }, POST],
      ['of a body where none was signed', { method: 'POST', path: '/parcels' }, POST],
    ])('with the signature of a request %s', async (_, of, sent) => {
      expect(await reasonFor(sent, partner.headers(of))).toMatch(/by its key|not that of the body|not cover/);
    });

    it('with an empty query that was not signed', async () => {
      const headers = Object.entries(partner.headers(GET));
      expect((await sendRaw(running.url, '/app?', headers)).status).toBe(401);
    });

    it('with a part of its headers', async () => {
      const { signature = '', 'signature-input': input = '', ...rest } = partner.headers(GET);
      expect(await reasonFor(GET, { ...rest, signature })).toContain('no signature-input');
      expect(await reasonFor(GET, { ...rest, 'signature-input': input })).toContain('no signature');
      const other = partner.headers(GET).signature as string;
      expect(await reasonFor(GET, { ...rest, 'signature-input': input, signature: other })).toContain(
        'by its key',
      );
    });

    it('with two signatures, in one header or in two', async () => {
      const one = partner.headers(GET);
      const other = partner.headers(GET, { label: 'other' });
      const joined = {
        ...one,
        signature: `${one.signature}, ${other.signature}`,
        'signature-input': `${one['signature-input']}, ${other['signature-input']}`,
      };
      expect(await reasonFor(GET, joined)).toContain('2 signatures');
      const { status, body } = await sendRaw(running.url, '/app', [
        ...Object.entries(one),
        ['signature', other.signature as string],
        ['signature-input', other['signature-input'] as string],
      ]);
      expect([status, body.code]).toEqual([401, 'invalid_message_signature']);
      const { reason } = await running.events.about('request.refused', body.requestId as string);
      expect(reason).toContain('came 2 times');
    });

    it('with a signed field that came twice', async () => {
      const covered = ['@method', '@target-uri', 'x-api-key', 'x-trace'];
      const lines = (values: string[]) => [
        ...Object.entries(partner.headers(GET, { covered, fields: { 'x-trace': 'a, b' } })).filter(
          ([name]) => name !== 'x-trace',
        ),
        ...values.map((value) => ['x-trace', value] as const),
      ];
      expect((await sendRaw(running.url, '/app', lines(['a, b']))).status).toBe(200);
      expect((await sendRaw(running.url, '/app', lines(['a', 'b']))).status).toBe(401);
    });

    it('with the signature for another key of the same partner', async () => {
      const pair = { publicKey: createPublicKey(partner.privateKey), privateKey: partner.privateKey };
      const other = await Partner.of(running.app, {}, pair);
      expect(other.thumbprint).toBe(partner.thumbprint);
      const headers = { ...other.headers(GET), 'x-api-key': partner.apiKey };
      expect(await reasonFor(GET, headers)).toContain('by its key');
    });

    it('when Host says that another URL was meant', async () => {
      const lines = (host: string, origin: string) => [
        ['Host', host] as const,
        ...Object.entries(partner.headers(GET, { origin })),
      ];
      expect((await sendRaw(running.url, '/app', lines('evil.example', 'http://evil.example'))).status).toBe(
        401,
      );
      expect((await sendRaw(running.url, '/app', lines('evil.example', ORIGIN))).status).toBe(200);
    });

    it('49 times of 50 with one nonce at once, and each time after it', async () => {
      const headers = partner.headers(GET);
      const statuses = await Promise.all(Array.from({ length: 50 }, () => statusOf(GET, headers)));
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 401)).toHaveLength(49);
      expect(await reasonFor(GET, headers)).toContain('used before');
    });

    it('with a nonce that was used for another request', async () => {
      const parameters = { nonce: randomUUID() };
      expect(await signed(GET, { parameters })).toBe(200);
      expect(await reasonFor(POST, partner.headers(POST, { parameters }))).toContain('used before');
    });

    it('and a nonce is not used up by a signature that is wrong', async () => {
      const parameters = { nonce: randomUUID() };
      const { privateKey } = generateKeyPairSync('ed25519');
      expect(await signed(GET, { parameters, privateKey })).toBe(401);
      expect(await signed({ ...POST }, { parameters, fields: { 'content-digest': digestOf('{}') } })).toBe(
        401,
      );
      expect(await signed(GET, { parameters })).toBe(200);
    });

    it('before anything is counted for it', async () => {
      const limited = await Partner.of(running.app, { rateLimit: { requests: 1, windowSeconds: 60 } });
      const stolen = { 'x-api-key': limited.apiKey };
      for (let count = 0; count < 3; count++) expect(await statusOf(GET, stolen)).toBe(401);
      expect(await statusOf(GET, limited.headers(GET))).toBe(200);
      expect(await statusOf(GET, limited.headers(GET))).toBe(429);
    });

    it('once it is remembered, too', async () => {
      expect(await signed(GET)).toBe(200);
      expect(await statusOf(GET, { 'x-api-key': partner.apiKey })).toBe(401);
    });
  });

  describe('with a body', () => {
    const chunked = (body: string, headers: Record<string, string>) => {
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(body));
          controller.close();
        },
      });
      return running.fetch('/parcels', {
        method: 'POST',
        headers,
        body: stream,
        duplex: 'half',
      } as RequestInit);
    };

    it('in chunks works, and needs its digest as well', async () => {
      const right = await chunked(BODY, partner.headers(POST));
      expect([right.status, await right.json()]).toEqual([201, { taken: { weight: 7 } }]);
      const none = partner.headers({ method: 'POST', path: '/parcels' });
      const wrong = await chunked(BODY, { ...none, 'content-type': 'application/json' });
      expect([wrong.status, (await problemIn(wrong)).code]).toEqual([401, 'invalid_message_signature']);
    });

    it('of a kind that no parser of the app reads is refused', async () => {
      const headers = partner.headers(POST, { fields: { 'content-type': 'application/octet-stream' } });
      expect([401, 415]).toContain(await statusOf(POST, headers));
    });
  });

  it('leaves other keys as they are, whatever signatures come with them', async () => {
    const other = await appWith(running.app);
    expect(await running.statusOf('/app', other)).toBe(200);
    expect(await running.statusOf('/app', other, { signature: '?', 'signature-input': 'a, b' })).toBe(200);
    const user = await userWith(running.app);
    expect(await running.statusOf('/either', user, { signature: 'sig=:AAAA:' })).toBe(200);
  });

  it('keeps its public key when it is rotated, unless another one is given', async () => {
    const keys = running.app.get(ApiKeyService);
    const first = await keys.rotate(partner.id, { overlapSeconds: 60 });
    expect(first?.publicKeyThumbprint).toBe(partner.thumbprint);
    expect(await running.statusOf('/app', { 'x-api-key': first?.key })).toBe(401);
    expect(await signed(GET, { apiKey: first?.key as string })).toBe(200);
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const second = await keys.rotate(first?.id as string, { overlapSeconds: 60, publicKey: jwk });
    expect(second?.publicKeyThumbprint).not.toBe(partner.thumbprint);
    expect(await signed(GET, { apiKey: second?.key as string })).toBe(401);
    expect(privateKey.type).toBe('private');
  });
});

describeOnPlatforms('an app that can not check signatures, on %s', (running) => {
  const start = (options: object, rawBody = true) =>
    running.start({
      portcullis: { publicOrigins: [ORIGIN], bans: noStrikes, ...options },
      controllers: [RoutesController],
      rawBody,
    });
  const reasonOf = async (target: PartnerCall, partner: Partner) => {
    const { method = 'GET', path, body } = target;
    const headers = partner.headers(target);
    const response = await running.fetch(path, { method, headers, ...(body !== undefined && { body }) });
    expect(response.status).toBe(401);
    return (await running.events.about('request.refused', (await problemIn(response)).requestId)).reason;
  };

  it('because bodies are gone refuses those, and says how to keep them', async () => {
    await start({}, false);
    const partner = await Partner.of(running.app);
    expect(await reasonOf(POST, partner)).toContain('rawBody: true');
    expect(await running.statusOf('/app', partner.headers(GET))).toBe(200);
  });

  it('because bodies of a kind are gone can be told to read them', async () => {
    const type = 'application/octet-stream';
    await running.start({
      portcullis: { publicOrigins: [ORIGIN], bans: noStrikes },
      controllers: [RoutesController],
      rawBody: true,
      prepare: (app) => {
        const parsers = app as NestExpressApplication & NestFastifyApplication;
        if (running.platform === 'express') parsers.useBodyParser('raw', { type });
        else parsers.useBodyParser(type);
      },
    });
    const partner = await Partner.of(running.app);
    const send = (body: string) =>
      running.fetch('/parcels', {
        method: 'POST',
        headers: partner.headers(POST, { fields: { 'content-type': type } }),
        body,
      });
    expect([(await send(BODY)).status, (await send('{"weight":9}')).status]).toEqual([201, 401]);
  });

  it('because it does not know its URLs refuses all', async () => {
    await start({ publicOrigins: [] });
    expect(await reasonOf(GET, await Partner.of(running.app))).toContain('publicOrigins is empty');
  });

  it('because its algorithms leave out that of the key refuses it', async () => {
    await start({ binding: { algorithms: ['ES256'] } });
    expect(await reasonOf(GET, await Partner.of(running.app))).toContain('EdDSA');
  });

  it('can judge nonces that come again by a rule of its own', async () => {
    const rules = [{ id: 'again', match: { event: 'replayed_proof' }, score: 1, windowSeconds: 60 }];
    await start({ bans: { rules } });
    const partner = await Partner.of(running.app);
    const headers = partner.headers(GET);
    expect(await running.statusOf('/app', { 'x-api-key': partner.apiKey })).toBe(401);
    expect(await running.statusOf('/app', headers)).toBe(200);
    const { requestId } = await problemIn(await running.get('/app', headers));
    const [struck] = await running.events.first('address.struck');
    expect(struck?.request.requestId).toBe(requestId);
  });

  it('because nobody knows the nonces is not available', async () => {
    await start({ binding: { replays: { firstUse: () => Promise.reject(new Error('away')) } } });
    const partner = await Partner.of(running.app);
    const response = await running.get('/app', partner.headers(GET));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await running.statusOf('/app', await appWith(running.app))).toBe(200);
  });
});
