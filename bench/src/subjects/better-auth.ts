import { randomBytes } from 'node:crypto';
import { apiKey } from '@better-auth/api-key';
import { AuthModule } from '@thallesp/nestjs-better-auth';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { controllersWith, rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

/** Better-auth's API keys, in memory and without its rate limits; with `enableSessionForAPIKeys` its guard takes them. */
export const betterAuthKeys: SubjectMaker = ({ routes }): Subject => {
  const auth = betterAuth({
    secret: randomBytes(32).toString('base64url'),
    baseURL: 'http://127.0.0.1',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    plugins: [apiKey({ enableSessionForAPIKeys: true, rateLimit: { enabled: false } })],
  });
  return {
    module: rootModule({ imports: [AuthModule.forRoot({ auth })], controllers: controllersWith(routes) }),
    bodyParser: false,
    async createApiKeys(_, count) {
      const body = { email: 'north@depot.example', password: randomBytes(16).toString('hex'), name: 'North' };
      const { user } = await auth.api.signUpEmail({ body });
      const keys: string[] = [];
      while (keys.length < count) {
        keys.push((await auth.api.createApiKey({ body: { userId: user.id, name: 'depot' } })).key);
      }
      return keys;
    },
  };
};
