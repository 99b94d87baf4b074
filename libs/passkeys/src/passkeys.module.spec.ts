import { PortcullisSessionsModule } from '@portcullis/auth';
import { PortcullisPasskeysModule, type PortcullisPasskeysOptions } from './passkeys.module.js';

class Users {}
const RIGHT: PortcullisPasskeysOptions = {
  sessions: PortcullisSessionsModule.register({ users: Users as never, clientId: 'web' }),
  rpId: 'parcels.example',
  rpName: 'Parcels',
  origins: ['https://parcels.example', 'https://app.parcels.example:8443'],
};

describe('the options of passkeys', () => {
  it.each<Partial<PortcullisPasskeysOptions>>([
    {},
    { origins: [`android:apk-key-hash:${'A'.repeat(43)}`] },
    { rpId: 'localhost', origins: ['http://localhost:3000', 'http://app.localhost'] },
    { relatedOrigins: ['https://parcels.test'] },
    { userVerification: 'preferred', maxPerUser: 1, path: 'login' },
  ])('may be %j', (options) => {
    expect(PortcullisPasskeysModule.register({ ...RIGHT, ...options }).controllers).toHaveLength(2);
  });

  it.each<[string, object]>([
    ['rpId must be a domain', { rpId: 'https://parcels.example' }],
    ['rpId must be a domain', { rpId: 'parcels.example:443' }],
    ['rpId must be a domain', { rpId: 'Parcels.example' }],
    ['rpId must be a domain', { rpId: '127.0.0.1' }],
    ['rpId must be a domain', { rpId: '' }],
    ['rpName must be a text', { rpName: ' ' }],
    ['origins must name at least one', { origins: [] }],
    ['origins must name at least one', { origins: 'https://parcels.example' }],
    ['"https://evil.example" is no origin of parcels.example', { origins: ['https://evil.example'] }],
    ['is no origin of parcels.example', { origins: ['https://evilparcels.example'] }],
    ['is no origin of parcels.example', { origins: ['http://parcels.example'] }],
    ['is no origin of parcels.example', { origins: ['https://parcels.example/'] }],
    ['is no origin of parcels.example', { origins: ['*'] }],
    ['is no https origin of another domain', { relatedOrigins: ['http://parcels.test'] }],
    ['is no https origin of another domain', { relatedOrigins: ['https://app.parcels.example'] }],
    ['relatedOrigins must be a list', { relatedOrigins: 'https://parcels.test' }],
    ['userVerification must be', { userVerification: 'discouraged' }],
    ['maxPerUser must be', { maxPerUser: 0 }],
    ['maxPerUser must be', { maxPerUser: 21 }],
    ['sessions must be what', { sessions: undefined }],
    ['sessions must be what', { sessions: PortcullisSessionsModule }],
  ])('say what is wrong: %s', (problem, options) => {
    expect(() => PortcullisPasskeysModule.register({ ...RIGHT, ...options } as never)).toThrow(problem);
  });
});
