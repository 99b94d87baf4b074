import { createHash, randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { ApiKeyService, BanService, KeyRing, type NewApiKey, RevocationService } from '@portcullis/auth';
import { ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { Different, KeptApp, type Step } from '../support/kept-app.js';
import { listen } from '../support/listen.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { accessClaims, Signer } from '../support/signer.js';

const FOREIGN = 'https://login.example';
const reason = 'test';
const INVALID_TOKEN = '401 invalid_token';
const INVALID_KEY = '401 invalid_api_key';
const AWAY = '503 temporarily_unavailable';

type User = Awaited<ReturnType<KeptApp['user']>>;
type Key = Awaited<ReturnType<KeptApp['key']>>;
type PersonalToken = Awaited<ReturnType<KeptApp['personalToken']>>;

/** The same bytes as ever: nothing that was said before to their connection may outlive what it rests on. */
describeOnPlatforms('a client on %s that sends the same over one connection', (running) => {
  const app = new KeptApp(running);
  const { clock } = app;
  const published = { status: 200, keys: [] as object[] };
  let issuer: Awaited<ReturnType<typeof listen>>;

  beforeAll(async () => {
    issuer = await listen((_, response) => {
      response.writeHead(published.status).end(JSON.stringify({ keys: published.keys }));
    });
    await app.start([{ issuer: FOREIGN, jwksUri: issuer.url, allowHttpOnLoopback: true }]);
  });
  afterAll(async () => {
    await app.other.close();
    await issuer.close();
  });
  beforeEach(() => app.begin());
  afterEach(() => {
    jest.restoreAllMocks();
    app.end();
  });

  const revocations = ({ app } = running) => app.get(RevocationService);
  const keys = ({ app } = running) => app.get(ApiKeyService);
  const bans = ({ app } = running) => app.get(BanService);
  const unban = async () => {
    const [ban] = await bans().why(app.address);
    return bans().unban(ban?.id as string);
  };
  const later = (seconds: number) => () => clock.forward(seconds);
  const same = () => {};

  describe('with a token', () => {
    const ofUser = (steps: (user: User) => Step[]) => async () => {
      const user = await app.user();
      await app.play(app.get('/user', user.header), user.good, steps(user));
    };
    /** One that is issued later, which is not what was revoked. */
    const newer = (user: User): Step[] => [
      [
        async () => {
          clock.forward(2);
          return new Different({ headers: app.headers((await app.user()).header) });
        },
        user.good,
      ],
      [same, INVALID_TOKEN],
    ];

    it.each<[string, () => Promise<void>]>([
      [
        'that is revoked',
        ofUser(({ tokenId }) => [[() => revocations().revokeToken(tokenId, { reason }), INVALID_TOKEN]]),
      ],
      [
        'whose session is revoked',
        ofUser(({ sessionId }) => [
          [() => revocations().revokeSession(sessionId, { reason }), INVALID_TOKEN],
        ]),
      ],
      [
        'whose grant is revoked',
        ofUser(({ grantId }) => [[() => revocations().revokeSession(grantId, { reason }), INVALID_TOKEN]]),
      ],
      [
        'whose user is revoked',
        ofUser((user) => [
          [() => revocations().revokeUser(user.subject, { reason }), INVALID_TOKEN],
          ...newer(user),
        ]),
      ],
      [
        'whose client is revoked',
        ofUser((user) => [
          [() => revocations().revokeClient(user.clientId, { reason }), INVALID_TOKEN],
          ...newer(user),
        ]),
      ],
      [
        'whose issuer is revoked',
        ofUser((user) => [[() => revocations().revokeAll({ reason }), INVALID_TOKEN], ...newer(user)]),
      ],
      [
        'that another instance revokes',
        ofUser(({ tokenId }) => [
          [() => revocations(app.other).revokeToken(tokenId, { reason }), INVALID_TOKEN],
        ]),
      ],
      [
        'whose user another instance revokes',
        ofUser((user) => [
          [() => revocations(app.other).revokeUser(user.subject, { reason }), INVALID_TOKEN],
          ...newer(user),
        ]),
      ],
      [
        'that expires',
        ofUser(({ good }) => [
          [later(904), good],
          [later(1), INVALID_TOKEN],
        ]),
      ],
      [
        'whose key is replaced',
        ofUser((user) => [[() => running.app.get(KeyRing).replace(), INVALID_TOKEN], ...newer(user)]),
      ],
      [
        'at an address that is banned and let in again',
        ofUser(({ good }) => [
          [() => bans().ban(app.address, { reason }), '403 address_banned'],
          [unban, good],
        ]),
      ],
      [
        'at an address that is banned for a while',
        ofUser(({ good }) => [
          [() => bans().ban(app.address, { reason, seconds: 60 }), '403 address_banned'],
          [later(60), good],
        ]),
      ],
      [
        'at an address that another instance bans',
        ofUser(() => [
          [
            async () => {
              await bans(app.other).ban(app.address, { reason });
              const from = { 'x-forwarded-for': app.address };
              await eventually(async () => (await running.statusOf('/user', from)) === 403);
            },
            '403 address_banned',
          ],
        ]),
      ],
    ])('%s is told so', async (_, play) => {
      await play();
    });
  });

  describe('with an API key', () => {
    const ofKey = (details: Partial<NewApiKey>, steps: (key: Key) => Step[]) => async () => {
      const key = await app.key(details);
      await app.play(app.get('/app', key.header), key.good, steps(key));
    };

    it.each<[string, () => Promise<void>]>([
      [
        'that is disabled and enabled',
        ofKey({}, ({ id, good }) => [
          [() => keys().disable(id), INVALID_KEY],
          [() => keys().enable(id), good],
          [() => keys().disable(id), INVALID_KEY],
        ]),
      ],
      ['that is revoked', ofKey({}, ({ id }) => [[() => keys().revoke(id), INVALID_KEY]])],
      ['that was leaked', ofKey({}, ({ key }) => [[() => keys().revokeLeaked(key), INVALID_KEY]])],
      [
        'that is revoked with all of its app',
        ofKey({}, ({ appId }) => [[() => keys().revokeAllOf({ appId }), INVALID_KEY]]),
      ],
      [
        'that is rotated',
        ofKey({}, ({ id, good }) => [
          [() => keys().rotate(id, { overlapSeconds: 60 }), good],
          [later(59), good],
          [later(1), INVALID_KEY],
        ]),
      ],
      [
        'that is rotated without an overlap',
        ofKey({}, ({ id }) => [[() => keys().rotate(id, { overlapSeconds: 0 }), INVALID_KEY]]),
      ],
      [
        'that expires',
        ofKey({ lifetimeSeconds: 10 }, ({ good }) => [
          [later(9), good],
          [later(1), INVALID_KEY],
        ]),
      ],
      [
        'that another instance disables and enables',
        ofKey({}, ({ id, good }) => [
          [() => keys(app.other).disable(id), INVALID_KEY],
          [() => keys(app.other).enable(id), good],
        ]),
      ],
      [
        'that is disabled where nobody tells of it',
        ofKey({}, ({ id, good }) => [
          [() => app.apiKeys.setDisabled(id, 1), good],
          [later(30), INVALID_KEY],
          [() => app.apiKeys.setDisabled(id, null), INVALID_KEY],
          [later(30), good],
        ]),
      ],
      [
        'that is for other networks',
        ofKey({ networks: ['198.51.100.0/24'] }, ({ header, good }) => [
          [
            new Different({ headers: ['X-Forwarded-Proto: https', 'X-Forwarded-For: 192.0.2.1', header] }),
            '403 address_not_allowed',
          ],
          [same, good],
        ]),
      ],
    ])('%s is told so', async (_, play) => {
      await play();
    });

    it('of an older system, which is revoked, is told so', async () => {
      const key = `old-key-${randomUUID()}`;
      app.oldKeys.add(createHash('sha256').update(key).digest('hex'));
      const revoke = () => keys().revokeAllOf({ appId: 'old' });
      const sent = app.get('/app', `X-API-Key: ${key}`);
      await app.play(sent, '200 old', [[revoke, INVALID_KEY]]);
    });

    it('may ask as often as the key allows, and no more often', async () => {
      const { good, header } = await app.key({ rateLimit: { requests: 3, windowSeconds: 60 } });
      const refused = '429 rate_limit_exceeded';
      const first = [good, good, good, refused, refused];
      const { answers } = await app.play(app.get('/app', header), first, [[later(60), good]]);
      const left = [2, 1, 0, 0, 0, 2, 1, 0].map((count) => expect.stringMatching(`^"app";r=${count};t=60$`));
      expect(answers.map(({ headers }) => headers.ratelimit)).toEqual(left);
    });
  });

  describe.each([
    ['as an API key', 'X-API-Key: ', INVALID_KEY],
    ['as a bearer token', 'Authorization: Bearer ', INVALID_TOKEN],
  ])('with a personal token %s', (_, start, refused) => {
    const told = (steps: (token: PersonalToken) => Step[]) => async () => {
      const token = await app.personalToken();
      const { key, good } = token;
      await app.play(app.get('/user', start + key), good, steps(token));
    };

    it.each<[string, () => Promise<void>]>([
      ['that is revoked', told(({ id }) => [[() => keys().revoke(id), refused]])],
      [
        'that is disabled and enabled',
        told(({ id, good }) => [
          [() => keys().disable(id), refused],
          [() => keys().enable(id), good],
        ]),
      ],
      [
        'whose user is revoked',
        told(({ subject }) => [[() => revocations().revokeUser(subject, { reason }), refused]]),
      ],
      [
        'whose user is revoked where it can not be ended itself',
        told(({ subject }) => [
          [
            async () => {
              const revoke = jest
                .spyOn(app.apiKeys, 'revoke')
                .mockRejectedValue(new Error('the table is locked'));
              await expect(revocations().revokeUser(subject, { reason })).rejects.toThrow();
              return revoke;
            },
            refused,
          ],
        ]),
      ],
      [
        'whose user another instance revokes, before it hears of the token itself',
        told(({ subject }) => [
          [
            () => {
              jest.spyOn(app.apiKeys, 'revoke').mockResolvedValue([]);
              return revocations(app.other).revokeUser(subject, { reason });
            },
            refused,
          ],
        ]),
      ],
      [
        'whose user may do less',
        told(({ subject, good }) => [
          [() => app.scopesNow.set(subject, ['scans:*']), good],
          [later(30), '403 insufficient_scope'],
          [() => app.scopesNow.set(subject, ['parcels:read']), '403 insufficient_scope'],
          [later(30), good],
          [() => app.scopesNow.delete(subject), good],
          [later(30), refused],
        ]),
      ],
    ])('%s is told so', async (_, play) => {
      await play();
    });
  });

  describe('with a token of another issuer', () => {
    /** A token, and what its issuer publishes from now on. */
    const ofForeigner =
      (steps: (user: Record<'good' | 'tokenId' | 'subject' | 'authorization', string>) => Step[]) =>
      async () => {
        const signer = new Signer('ES256', randomUUID());
        published.keys = [signer.publicJwk];
        // What it published before is due to be fetched again.
        clock.forward(700);
        const [subject, tokenId] = [`eve-${signer.kid}`, randomUUID()];
        const exp = Math.floor(clock.now() / 1000) + 80_000;
        const claims = { sub: subject, jti: tokenId, exp };
        const token = signer.token(accessClaims(FOREIGN, ownTokens.audience, clock.now(), claims));
        const [good, authorization] = [`200 ${subject}`, `Bearer ${token}`];
        const sent = app.get('/user', `Authorization: ${authorization}`);
        await app.play(sent, good, steps({ good, tokenId, subject, authorization }));
      };
    const withdraw = () => {
      published.keys = [new Signer('ES256', 'next').publicJwk];
    };

    it.each<[string, () => Promise<void>]>([
      [
        'that is revoked',
        ofForeigner(({ tokenId }) => [
          [() => revocations().revokeToken(tokenId, { issuer: FOREIGN, reason }), INVALID_TOKEN],
        ]),
      ],
      [
        'whose user is revoked',
        ofForeigner(({ subject }) => [
          [() => revocations().revokeUser(subject, { issuer: FOREIGN, reason }), INVALID_TOKEN],
        ]),
      ],
      [
        'whose key is withdrawn',
        ofForeigner(({ good }) => [
          [withdraw, good],
          [later(700), INVALID_TOKEN],
        ]),
      ],
      [
        'whose key is withdrawn, as soon as that is read for others',
        ofForeigner(({ good, authorization }) => [
          [withdraw, good],
          [
            async () => {
              clock.forward(300);
              const others = { authorization, 'x-forwarded-proto': 'https' };
              await eventually(async () => (await running.statusOf('/user', others)) === 401);
            },
            INVALID_TOKEN,
          ],
        ]),
      ],
      [
        'whose keys are too old to be used',
        ofForeigner(({ good }) => [
          [
            () => {
              published.status = 500;
            },
            good,
          ],
          [later(3_000), good],
          [later(600), AWAY],
          [
            () => {
              published.status = 200;
              clock.forward(1);
            },
            good,
          ],
        ]),
      ],
    ])('%s is told so', async (_, play) => {
      await play();
    });
  });

  describe('with a token and a key', () => {
    const both = async (details: Partial<NewApiKey> = {}) => {
      const [user, key] = [await app.user(), await app.key(details)];
      return {
        user,
        key,
        sent: app.get('/both', user.header, key.header),
        good: `200 ${key.appId} ${user.subject}`,
      };
    };

    it('is told when the key alone is disabled, and when it is no more', async () => {
      const { key, sent, good } = await both();
      const steps: Step[] = [
        [() => keys().disable(key.id), INVALID_KEY],
        [() => keys().enable(key.id), good],
      ];
      await app.play(sent, good, steps);
    });

    it('is told when the token alone is revoked', async () => {
      const { user, sent, good } = await both();
      const revoke = () => revocations().revokeToken(user.tokenId, { reason });
      await app.play(sent, good, [[revoke, INVALID_TOKEN]]);
    });

    it('may ask as often as the key allows, and no more often', async () => {
      const { sent, good } = await both({ rateLimit: { requests: 4, windowSeconds: 60 } });
      const refused = '429 rate_limit_exceeded';
      await app.play(sent, [good, good, good, good, refused, refused], [[later(60), good]]);
    });
  });

  it('is told when its instance is cut off from the others, and when it is no more', async () => {
    const [{ header, subject }, { header: keyHeader, appId }] = [await app.user(), await app.key()];
    const good = `200 ${appId} ${subject}`;
    const { now } = Date;
    const clock = jest.spyOn(Date, 'now');
    const cutOff = () => clock.mockImplementation(() => now() + 3_601_000);
    // What is said first after so long may have lain about.
    const resume = () => [app.feed.beat(), app.feed.beat()];
    const sent = app.get('/both', header, keyHeader);
    try {
      await app.play(sent, good, [
        [cutOff, AWAY],
        [resume, good],
      ]);
    } finally {
      clock.mockRestore();
    }
  });

  it('is counted each time where users may ask only so often', async () => {
    const { header, good } = await app.user();
    const refused = '429 rate_limit_exceeded';
    const first = [good, good, good, refused, refused];
    await app.play(app.get('/limited', header), first, [[later(60), good]]);
  });

  it('is reported each time', async () => {
    const [{ header, subject, good }, key] = [await app.user(), await app.key()];
    await app.play(app.get('/user', header), good, []);
    app.end();
    await app.play(app.get('/app', key.header), key.good, []);
    const accepted = () => running.events.of('request.accepted').map(({ request }) => request);
    await eventually(() => accepted().filter((request) => request.keyId === key.id).length === 3);
    expect(accepted().filter((request) => request.subject === subject)).toHaveLength(3);
    expect(new Set(accepted().map(({ requestId }) => requestId)).size).toBe(accepted().length);
  });

  it('has each use of its key noted', async () => {
    const { id, header, good } = await app.key();
    const sent = app.get('/app', header);
    await app.play(sent, good, [[later(5), good]]);
    await running.close();
    const lastUsedAt = clock.now();
    expect(await app.apiKeys.findById(id)).toMatchObject({ lastUsedAt, lastUsedFrom: app.address });
  });
});
