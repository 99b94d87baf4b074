import { PATH_METADATA } from '@nestjs/common/constants.js';
import { compileAccessRule } from '../access/access-rule.js';
import { PortcullisConfigurationError } from '../errors.js';
import { PortcullisLeakReportsModule } from './leak-reports.module.js';

type Options = Parameters<typeof PortcullisLeakReportsModule.register>[0];

function controllerWith(options?: Options) {
  const [controller, ...others] = PortcullisLeakReportsModule.register(options).controllers ?? [];
  if (controller === undefined || others.length > 0) throw new Error('expected one controller');
  return controller;
}

describe('the route for leak reports', () => {
  it('is open to everybody, because the signature is the credential', () => {
    expect(compileAccessRule(controllerWith(), 'take')).toMatchObject({
      handler: 'LeakReportsController.take',
      requires: 'none',
    });
  });

  it('is mounted for each app by itself', () => {
    const [one, other] = [controllerWith(), controllerWith({ path: 'hooks/leaks' })];
    expect(Reflect.getMetadata(PATH_METADATA, one)).toBe('leak-reports');
    expect(Reflect.getMetadata(PATH_METADATA, other)).toBe('hooks/leaks');
  });

  it.each<[string, object]>([
    ['path', { path: '' }],
    ['path', { path: 7 }],
    ['keysUrl', { keysUrl: 'api.github.com' }],
    ['keysUrl', { keysUrl: 'http://api.github.com/keys', allowHttpOnLoopback: true }],
    ['keysUrl', { keysUrl: 'http://127.0.0.1/keys' }],
    ['keysUrl', { keysUrl: 'https://user:secret@api.github.com/keys' }],
    ['keysUrl', { keysUrl: 'https://api.github.com/keys?a=b' }],
    ['keysUrl', { keysUrl: new URL('https://api.github.com/keys') }],
    ['allowHttpOnLoopback', { allowHttpOnLoopback: 'yes' }],
    ['keyUrl', { keyUrl: 'https://api.github.com/keys' }],
  ])('is not opened with a wrong %s: %j', (name, options) => {
    const register = () => PortcullisLeakReportsModule.register(options as Options);
    expect(register).toThrow(PortcullisConfigurationError);
    expect(register).toThrow(new RegExp(`PortcullisLeakReportsModule: ${name}: `));
    expect(register).not.toThrow(/secret/);
  });

  it('takes keys from https, and by plain http from this machine if it is told to', () => {
    for (const options of [
      { keysUrl: 'https://ghe.example/api/v3/meta/public_keys/secret_scanning' },
      { keysUrl: 'http://127.0.0.1:8080/keys', allowHttpOnLoopback: true },
      { keysUrl: undefined, path: undefined },
    ])
      expect(() => PortcullisLeakReportsModule.register(options as Options)).not.toThrow();
  });
});
