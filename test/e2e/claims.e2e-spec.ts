import { Controller, Get, UseGuards } from '@nestjs/common';
import { JwtGuard, Public, RequireApp, RequireClaims, RequireUser, TokenIssuer } from '@portcullis/auth';
import { appWith, noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireClaims({ department: 'fraud' })
  @Get('fraud')
  fraud() {
    return 'in';
  }

  @RequireClaims({ department: 'fraud', level: 3, auditor: true })
  @Get('several')
  several() {
    return 'in';
  }

  @RequireClaims({ department: 'fraud' })
  @RequireClaims({ level: 3 })
  @RequireUser('parcels:read')
  @Get('stacked')
  stacked() {
    return 'in';
  }

  @RequireClaims(({ level }) => typeof level === 'number' && level >= 3)
  @Get('predicate')
  predicate() {
    return 'in';
  }

  @RequireClaims(({ address }) => (address as { country: string }).country === 'NL')
  @Get('throwing')
  throwing() {
    return 'in';
  }

  @RequireClaims(({ level }) => level as boolean)
  @Get('truthy')
  truthy() {
    return 'in';
  }

  @RequireClaims({ constructor: 'x', toString: 'x' } as never)
  @Get('inherited')
  inherited() {
    return 'in';
  }

  @RequireClaims({ department: 'fraud' })
  @RequireApp()
  @Get('with-app')
  withApp() {
    return 'in';
  }
}

@Public()
@Controller('open')
class OpenController {
  @Get()
  open() {
    return 'in';
  }

  @RequireClaims({ department: 'fraud' })
  @Get('closed')
  closed() {
    return 'in';
  }
}

@RequireClaims({ department: 'fraud' })
@Controller('class')
class ClassController {
  @Get()
  inherited() {
    return 'in';
  }

  @RequireClaims({ department: 'sales' })
  @Get('other')
  other() {
    return 'in';
  }

  @Public()
  @Get('open')
  open() {
    return 'in';
  }
}

@UseGuards(JwtGuard)
@Controller()
class ByHandController {
  @RequireClaims({ department: 'fraud' })
  @Get('fraud')
  fraud() {
    return 'in';
  }
}

describeOnPlatforms('demanded claims on %s', (running) => {
  const userWith = async (claims: object, scopes: string[] = ['parcels:read']) => {
    const { accessToken } = await running.app
      .get(TokenIssuer)
      .issue({ subject: 'ada', clientId: 'web', scopes, claims: { ...claims } });
    return { authorization: `Bearer ${accessToken}` };
  };
  const { get } = running;
  const statusWith = async (path: string, claims: object) => (await get(path, await userWith(claims))).status;

  beforeAll(() =>
    running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [RoutesController, OpenController, ClassController],
    }),
  );

  it('let in who claims exactly that, or a list with it', async () => {
    expect(await statusWith('/fraud', { department: 'fraud' })).toBe(200);
    expect(await statusWith('/fraud', { department: ['sales', 'fraud'] })).toBe(200);
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['something else', { department: 'sales' }],
    ['it in another case', { department: 'Fraud' }],
    ['it as a part of a text', { department: 'fraud sales' }],
    ['a list without it', { department: ['sales', 'frauds'] }],
    ['a list in a list', { department: [['fraud']] }],
    ['an empty list', { department: [] }],
    ['an object with it', { department: { fraud: 'fraud' } }],
    ['null', { department: null }],
    ['true', { department: true }],
    ['it under another name', { Department: 'fraud', departments: 'fraud' }],
  ])('refuse who claims %s', async (_, claims) => {
    const response = await get('/fraud', await userWith(claims));
    expect(response.status).toBe(403);
    const { code, requestId } = await problemIn(response);
    expect(code).toBe('insufficient_claims');
    expect((await running.events.about('request.refused', requestId)).reason).toContain('department');
  });

  it('say nothing of what is claimed, and nothing of what would do', async () => {
    const body = await (await get('/fraud', await userWith({ department: 'very secret' }))).text();
    expect(body).not.toMatch(/very secret|fraud"|department/);
    expect(JSON.stringify(running.events.all)).not.toContain('very secret');
  });

  it('of several names must all be met, in value and type', async () => {
    const all = { department: 'fraud', level: 3, auditor: true };
    expect(await statusWith('/several', all)).toBe(200);
    for (const change of [
      { level: '3' },
      { level: 4 },
      { auditor: 'true' },
      { auditor: 1 },
      { department: null },
    ]) {
      expect(await statusWith('/several', { ...all, ...change })).toBe(403);
    }
  });

  it('of several decorators must all be met, and so must the scopes', async () => {
    const all = { department: 'fraud', level: 3 };
    expect(await statusWith('/stacked', all)).toBe(200);
    expect(await statusWith('/stacked', { department: 'fraud' })).toBe(403);
    expect(await statusWith('/stacked', { level: 3 })).toBe(403);
    const response = await get('/stacked', await userWith(all, []));
    expect((await problemIn(response)).code).toBe('insufficient_scope');
  });

  it('by a predicate are met where it says true', async () => {
    expect(await statusWith('/predicate', { level: 3 })).toBe(200);
    expect(await statusWith('/predicate', { level: 2 })).toBe(403);
    expect(await statusWith('/predicate', { level: '3' })).toBe(403);
    expect(await statusWith('/predicate', {})).toBe(403);
  });

  it('by a predicate that throws are not met', async () => {
    expect(await statusWith('/throwing', { address: { country: 'NL' } })).toBe(200);
    const response = await get('/throwing', await userWith({}));
    expect(response.status).toBe(403);
    expect((await problemIn(response)).code).toBe('insufficient_claims');
  });

  it('by a predicate are not met by what is merely truthy', async () => {
    expect(await statusWith('/truthy', { level: true })).toBe(200);
    for (const level of [1, 'yes', {}, []]) expect(await statusWith('/truthy', { level })).toBe(403);
  });

  it('are not met by what every object inherits', async () => {
    expect(await statusWith('/inherited', {})).toBe(403);
    expect(await statusWith('/inherited', { constructor: 'x', toString: 'x' })).toBe(200);
  });

  it('cannot replace what the issuer writes', async () => {
    const response = await get(
      '/fraud',
      await userWith({ department: 'fraud', exp: 1, sub: 'web', aud: 'x' }),
    );
    expect(response.status).toBe(200);
  });

  it('close the route to everybody without a user', async () => {
    for (const path of ['/fraud', '/predicate', '/open/closed', '/class']) {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, await appWith(running.app))).status).toBe(401);
    }
  });

  it('on a method close it again where its class is public', async () => {
    expect((await get('/open')).status).toBe(200);
    expect(await statusWith('/open/closed', {})).toBe(403);
    expect(await statusWith('/open/closed', { department: 'fraud' })).toBe(200);
  });

  it('on a class hold for its methods, besides what one of them demands, unless it is public', async () => {
    expect(await statusWith('/class', {})).toBe(403);
    expect(await statusWith('/class', { department: 'fraud' })).toBe(200);
    expect(await statusWith('/class/other', { department: 'fraud' })).toBe(403);
    expect(await statusWith('/class/other', { department: 'sales' })).toBe(403);
    expect(await statusWith('/class/other', { department: ['fraud', 'sales'] })).toBe(200);
    expect((await get('/class/open')).status).toBe(200);
  });

  it('beside @RequireApp demand both', async () => {
    const user = await userWith({ department: 'fraud' });
    expect((await get('/with-app', user)).status).toBe(401);
    expect((await get('/with-app', await appWith(running.app))).status).toBe(401);
    expect((await get('/with-app', { ...user, ...(await appWith(running.app)) })).status).toBe(200);
    expect(
      (await get('/with-app', { ...(await userWith({})), ...(await appWith(running.app)) })).status,
    ).toBe(403);
  });
});

describeOnPlatforms('demanded claims on %s', (running) => {
  it('hold where JwtGuard is placed by hand as well', async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes, globalGuard: false },
      controllers: [ByHandController],
    });
    const statuses = ['fraud', 'sales'].map(async (department) => {
      const { accessToken } = await running.app
        .get(TokenIssuer)
        .issue({ subject: 'ada', clientId: 'web', claims: { department } });
      return running.statusOf('/fraud', { authorization: `Bearer ${accessToken}` });
    });
    expect(await Promise.all(statuses)).toEqual([200, 403]);
  });
});
