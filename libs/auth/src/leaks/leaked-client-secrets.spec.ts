import { ApiKeyService } from '../api-keys/api-key-service.js';
import { SecurityEvents } from '../events/security-events.js';
import { OAuthInstance } from '../oauth/oauth.spec-support.js';
import { OAuthClientLeaks } from '../oauth/oauth-client-leaks.js';
import { OAuthClients } from '../oauth/oauth-clients.js';
import { LeakReportService } from './leak-report-service.js';

const REQUEST = { requestId: 'r', method: 'POST', path: '/leak-reports', address: '192.0.2.7' };

it('ends the secret of a client that was reported, and says so once', async () => {
  const instance = await OAuthInstance.start();
  const clients = instance.get(OAuthClients);
  const { clientId, secret = '' } = await clients.create({ name: 'Job', kind: 'machine' });
  const reports = new LeakReportService(
    instance.get(ApiKeyService),
    instance.get(OAuthClientLeaks),
    instance.get(SecurityEvents),
  );
  const report = { token: secret, type: 'secret', url: 'https://github.com/octo/a' };
  const feedback = await reports.take([report, report, { ...report, token: `${secret}x` }], REQUEST);
  expect(feedback.map(({ label }) => label)).toEqual(['true_positive', 'true_positive', 'false_positive']);
  expect(await clients.matchesSecret(clientId, secret)).toBe(false);
  expect(instance.events.filter(({ type }) => type === 'credential.leaked')).toEqual([
    expect.objectContaining({
      credential: 'client-secret',
      leak: 'report',
      id: expect.any(String),
      foundAt: report.url,
    }),
  ]);
  expect(JSON.stringify(instance.events)).not.toContain(secret);
  await instance.close();
});
