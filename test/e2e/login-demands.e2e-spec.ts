import { Controller, Get, type Type } from '@nestjs/common';
import {
  Public,
  RequireApp,
  RequireBinding,
  RequireClaims,
  RequireLogin,
  RequireUser,
  RequireUserOrApp,
  TokenIssuer,
} from '@portcullis/auth';
import { TestCredentials, TestProofKey } from '@portcullis/testing';
import { ORIGIN } from '../support/bound-calls.js';
import { appWith, noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { listen } from '../support/listen.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { accessClaims, Signer } from '../support/signer.js';

@Controller()
class RoutesController {
  @RequireLogin({ acr: 'mfa' })
  @Get('strong')
  strong() {
    return 'in';
  }

  @RequireLogin({ acr: ['gold', 'silver'] })
  @Get('one-of')
  oneOf() {
    return 'in';
  }

  @RequireLogin({ amr: ['pwd', 'otp'] })
  @Get('by')
  by() {
    return 'in';
  }

  @RequireLogin({ maxAgeSeconds: 300 })
  @Get('recent')
  recent() {
    return 'in';
  }

  @RequireLogin({ acr: 'mfa', maxAgeSeconds: 300 })
  @RequireUser('parcels:read')
  @Get('both')
  both() {
    return 'in';
  }

  @RequireLogin({ acr: 'mfa' })
  @RequireUserOrApp()
  @Get('user-or-app')
  userOrApp() {
    return 'in';
  }

  @RequireLogin({ acr: 'mfa' })
  @RequireApp()
  @Get('with-app')
  withApp() {
    return 'in';
  }

  @RequireLogin({ acr: 'mfa' })
  @RequireBinding()
  @Get('bound')
  bound() {
    return 'in';
  }

  @RequireClaims({ acr: 'mfa' })
  @Get('claimed')
  claimed() {
    return 'in';
  }
}

@Public({ identify: true })
@Controller('open')
class OpenController {
  @Get()
  open() {
    return 'in';
  }

  @RequireLogin({ acr: 'mfa' })
  @Get('closed')
  closed() {
    return 'in';
  }
}

@RequireLogin({ acr: ['mfa', 'passkey'], maxAgeSeconds: 600 })
@Controller('class')
class ClassController {
  @Get()
  inherited() {
    return 'in';
  }

  @RequireLogin({ acr: 'passkey', amr: 'hwk', maxAgeSeconds: 60 })
  @Get('more')
  more() {
    return 'in';
  }

  @Public()
  @Get('open')
  open() {
    return 'in';
  }
}

const now = () => Math.floor(Date.now() / 1000);
const own = new Signer('ES256', 'own');
const foreign = new Signer('ES256', 'foreign');
const signingKey = { ...own.privateKey.export({ format: 'jwk' }), alg: 'ES256' as const, kid: own.kid };
const [MAPPED, UNMAPPED] = ['https://mapped.example', 'https://unmapped.example'];

describeOnPlatforms('a demanded login on %s', (running) => {
  let keys: Awaited<ReturnType<typeof listen>>;

  beforeAll(async () => {
    keys = await listen((_, response) => response.end(JSON.stringify({ keys: [foreign.publicJwk] })));
    const trusted = { jwksUri: keys.url, allowHttpOnLoopback: true };
    await running.start({
      portcullis: {
        tokens: {
          ...ownTokens,
          issuer: { ...ownTokens.issuer, signingKey },
          trustedIssuers: [
            { ...trusted, issuer: UNMAPPED },
            { ...trusted, issuer: MAPPED },
          ],
          trustedLogins: [
            { issuer: MAPPED, acr: { 'urn:two-factors': 'mfa' }, amr: ['otp'], authTime: true },
          ],
        },
        apiKeys: { personalTokens: { scopesOf: async () => ['parcels:read'] } },
        publicOrigins: [ORIGIN],
        bans: noStrikes,
      },
      controllers: [RoutesController, OpenController, ClassController],
    });
  });

  afterAll(() => keys.close());

  const userWith = (login: object, scopes = ['parcels:read']) =>
    new TestCredentials(running.app).user({ ...login, scopes });
  const statusWith = async (path: string, login: object) => running.statusOf(path, await userWith(login));
  const statusOfSigned = (path: string, signer: Signer, iss: string, claims: object) => {
    const token = signer.token(accessClaims(iss, ownTokens.audience, Date.now(), { sub: 'ada', ...claims }));
    return running.statusOf(path, { authorization: `Bearer ${token}` });
  };

  it('is met by one of the named strengths, by all methods, and by an age', async () => {
    expect(await statusWith('/strong', { acr: 'mfa' })).toBe(200);
    expect(await statusWith('/one-of', { acr: 'gold' })).toBe(200);
    expect(await statusWith('/one-of', { acr: 'silver' })).toBe(200);
    expect(await statusWith('/by', { amr: ['user', 'otp', 'pwd'] })).toBe(200);
    expect(await statusWith('/recent', { authTime: now() - 290 })).toBe(200);
    expect(await statusWith('/both', { acr: 'mfa', authTime: now() - 290 })).toBe(200);
  });

  it.each<[string, string, object]>([
    ['no word of a login', '/strong', {}],
    ['another strength', '/strong', { acr: 'pwd' }],
    ['the strength in another case', '/strong', { acr: 'MFA' }],
    ['the strength as a part', '/strong', { acr: 'mfa gold' }],
    ['the strength among the methods only', '/strong', { amr: ['mfa'] }],
    ['another strength than any named', '/one-of', { acr: 'gold silver' }],
    ['one of the methods', '/by', { amr: ['pwd'] }],
    ['the method as a strength', '/by', { acr: 'otp', amr: ['pwd'] }],
    ['an older login', '/recent', { authTime: now() - 302 }],
    ['a login that is to come', '/recent', { authTime: now() + 3_600 }],
    ['no word of when', '/recent', {}],
    ['an old login that is strong', '/both', { acr: 'mfa', authTime: now() - 302 }],
    ['a recent login that is not strong', '/both', { amr: ['pwd'] }],
  ])('is not met by %s', async (_, path, login) => {
    const response = await running.get(path, await userWith(login));
    expect(response.status).toBe(401);
    expect((await problemIn(response)).code).toBe('insufficient_user_authentication');
  });

  it.each<[string, object]>([
    ['a text', { auth_time: `${now()}` }],
    ['negative', { auth_time: -1 }],
    ['a list', { auth_time: [now()] }],
    ['null', { auth_time: null }],
    ['missing', {}],
    ['to come', { auth_time: now() + 3_600 }],
    ['in milliseconds', { auth_time: Date.now() }],
  ])('is not met by a signed auth_time that is %s', async (_, claims) => {
    expect(await statusOfSigned('/recent', own, ownTokens.issuer.url, claims)).toBe(401);
    expect(await statusOfSigned('/recent', own, ownTokens.issuer.url, { auth_time: now() })).toBe(200);
  });

  it('tells the client which login would do, in the challenges and in the body', async () => {
    const response = await running.get('/both', await userWith({}));
    const [bearer = '', dpop = ''] = (response.headers.get('www-authenticate') ?? '').split(/, (?=DPoP)/);
    const demanded = 'error="insufficient_user_authentication", acr_values="mfa", max_age="300"';
    expect(bearer).toMatch(/^Bearer realm=/);
    expect(dpop).toMatch(/^DPoP realm=/);
    for (const challenge of [bearer, dpop]) expect(challenge).toContain(demanded);
    const { requestId, ...body } = await problemIn(response);
    expect(body).toMatchObject({ status: 401, acr_values: 'mfa', max_age: 300 });
    expect((await running.events.about('request.refused', requestId)).reason).toMatch(/no login that counts/);
    const several = await (await running.get('/one-of', await userWith({}))).json();
    expect(several).toMatchObject({ acr_values: 'gold silver' });
    expect(several).not.toHaveProperty('max_age');
    expect(await (await running.get('/by', await userWith({}))).json()).toMatchObject({
      amr_values: 'pwd otp',
    });
  });

  it('is asked when everything else is right: nobody steps up in vain', async () => {
    const response = await running.get('/both', await userWith({}, []));
    expect((await problemIn(response)).code).toBe('insufficient_scope');
    const anonymous = await running.get('/both');
    expect((await problemIn(anonymous)).code).toBe('credentials_required');
    expect(anonymous.headers.get('www-authenticate')).not.toContain('error=');
  });

  it('is never met by an API key or a personal token', async () => {
    const key = await appWith(running.app, ['parcels:read']);
    const personal = await new TestCredentials(running.app).personalToken({ scopes: ['parcels:read'] });
    for (const path of ['/strong', '/recent', '/by', '/both', '/user-or-app', '/class', '/open/closed']) {
      const withKey = await running.get(path, key);
      expect([withKey.status, (await problemIn(withKey)).code]).toEqual([401, 'credentials_required']);
      const response = await running.get(path, personal);
      expect((await problemIn(response)).code).toBe('insufficient_user_authentication');
    }
  });

  it('beside @RequireUserOrApp demands a user, and beside @RequireApp both', async () => {
    const [key, strong] = [await appWith(running.app), await userWith({ acr: 'mfa' })];
    expect(await running.statusOf('/user-or-app', strong)).toBe(200);
    expect(await running.statusOf('/user-or-app', key, strong)).toBe(200);
    expect(await running.statusOf('/with-app', strong)).toBe(401);
    expect(await running.statusOf('/with-app', key)).toBe(401);
    expect(await running.statusOf('/with-app', key, strong)).toBe(200);
    expect(await running.statusOf('/with-app', key, await userWith({}))).toBe(401);
  });

  it('closes a method of a class that is open, whoever it identifies', async () => {
    expect(await running.statusOf('/open')).toBe(200);
    expect(await running.statusOf('/open/closed')).toBe(401);
    expect(await statusWith('/open/closed', {})).toBe(401);
    expect(await statusWith('/open/closed', { acr: 'mfa' })).toBe(200);
  });

  it('of a class and of its method holds as one, and is told as one', async () => {
    expect(await statusWith('/class', { acr: 'mfa', authTime: now() - 500 })).toBe(200);
    expect(await statusWith('/class', { acr: 'mfa', authTime: now() - 602 })).toBe(401);
    expect(await running.statusOf('/class/open')).toBe(200);
    const enough = { acr: 'passkey', amr: ['hwk'] };
    expect(await statusWith('/class/more', enough)).toBe(200);
    for (const less of [{ acr: 'mfa' }, { amr: [] }, { authTime: now() - 62 }]) {
      const response = await running.get('/class/more', await userWith({ ...enough, ...less }));
      expect(response.status).toBe(401);
      expect(await problemIn(response)).toMatchObject({
        ...{ acr_values: 'passkey', amr_values: 'hwk', max_age: 60 },
      });
    }
  });

  it('is met with a proof of the key where the token is bound', async () => {
    const key = new TestProofKey();
    const { confirmation } = key;
    const statusOf = async (path: string, login: object) => {
      const { accessToken } = await running.app
        .get(TokenIssuer)
        .issue({ subject: 'ada', clientId: 'web', confirmation, authentication: login });
      return running.statusOf(path, key.headers({ method: 'GET', url: `${ORIGIN}${path}`, accessToken }));
    };
    for (const path of ['/strong', '/bound']) {
      expect(await statusOf(path, { context: 'mfa' })).toBe(200);
      expect(await statusOf(path, { context: 'pwd' })).toBe(401);
    }
  });

  it('is not met by what another issuer writes, but for what is mapped', async () => {
    const claims = { acr: 'mfa', amr: ['pwd', 'otp'], auth_time: now() };
    for (const issuer of [MAPPED, UNMAPPED]) {
      expect(await statusOfSigned('/strong', foreign, issuer, claims)).toBe(401);
      expect(await statusOfSigned('/by', foreign, issuer, claims)).toBe(401);
      // The claim itself is what it was, for whoever asks for that.
      expect(await statusOfSigned('/claimed', foreign, issuer, claims)).toBe(200);
    }
    const mapped = { ...claims, acr: 'urn:two-factors' };
    expect(await statusOfSigned('/strong', foreign, MAPPED, mapped)).toBe(200);
    expect(await statusOfSigned('/recent', foreign, MAPPED, mapped)).toBe(200);
    for (const path of ['/strong', '/recent'])
      expect(await statusOfSigned(path, foreign, UNMAPPED, mapped)).toBe(401);
    expect(await statusOfSigned('/recent', foreign, MAPPED, { ...mapped, auth_time: now() - 302 })).toBe(401);
  });
});

describeOnPlatforms('a demanded login on %s', (running) => {
  it('that runs out under a page is no reason to ban its reader', async () => {
    const bans = { privateAddresses: true };
    await running.start({ portcullis: { tokens: ownTokens, bans }, controllers: [RoutesController] });
    const user = await new TestCredentials(running.app).user();
    // Half of what leads to a ban is borne by the user, whose token is good.
    for (let index = 0; index < 150; index++) expect(await running.statusOf('/strong', user)).toBe(401);
    expect(
      await running.statusOf('/strong', await new TestCredentials(running.app).user({ acr: 'mfa' })),
    ).toBe(200);
  });

  const classOf = (ofClass: object | undefined, ofMethod: object): Type => {
    @Controller('odd')
    class OddController {
      @RequireLogin(ofMethod as never)
      @Get()
      odd() {
        return 'in';
      }
    }
    if (ofClass !== undefined) RequireLogin(ofClass as never)(OddController);
    return OddController;
  };

  it.each<[string, object | undefined, object, RegExp]>([
    ['no demand at all', undefined, {}, /OddController\.odd: @RequireLogin must name one of/],
    ['an empty list', undefined, { acr: [] }, /@RequireLogin must have a text/],
    ['an age that nobody meets', undefined, { maxAgeSeconds: 0 }, /seconds above 0/],
    ['a variable that is not set', undefined, { acr: undefined }, /@RequireLogin must have a text/],
    ['a name that does not exist', undefined, { acr: 'mfa', maxAge: 5 }, /has no part "maxAge"/],
    ['what nobody can meet', { acr: 'gold' }, { acr: 'mfa' }, /OddController\.odd: nothing could meet/],
  ])('does not boot with %s', async (_, ofClass, ofMethod, message) => {
    const parts = { portcullis: { tokens: ownTokens }, controllers: [classOf(ofClass, ofMethod)] };
    await expect(running.start(parts)).rejects.toThrow(message);
  });

  it.each<[string, object, RegExp]>([
    ['an acr that is no text', { acr: { theirs: 1 } }, /trustedLogins\.0\.acr: must name a text/],
    ['an amr that is no list', { amr: 'otp' }, /trustedLogins\.0\.amr/],
    ['a time that is a text', { authTime: 'yes' }, /trustedLogins\.0\.authTime/],
    ['what does not exist', { maxAge: 3 }, /trustedLogins\.0\.maxAge: there is no such option/],
    ['no issuer', { issuer: '' }, /trustedLogins\.0\.issuer/],
  ])('does not boot where another issuer is trusted by %s', async (_, login, message) => {
    const trusted = { issuer: 'https://login.example', ...login };
    const tokens = { ...ownTokens, trustedLogins: [trusted as never] };
    await expect(running.start({ portcullis: { tokens } })).rejects.toThrow(message);
  });
});
