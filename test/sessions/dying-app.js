// @ts-nocheck: decorators by hand, since it is run as it is.
// Refreshes a session, and is killed as soon as the database has rotated it; or ends it, and is killed as soon as its row has ended.

import { NestFactory } from '@nestjs/core';
import { PortcullisModule, PortcullisSessionsModule, SessionService } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';

const [file, key, issuer, refreshToken, deed = 'rotate'] = process.argv.slice(2);

class Users {
  async verifyPassword() {}
  async find(subject) {
    return { subject, scopes: [] };
  }
}

class UsersModule {}
class RootModule {}

const storage = sqlite({ file, keyEncryptionKeys: [key] });
const dying = {
  open: (app) => {
    const opened = storage.open(app);
    const original = opened.sessions[deed].bind(opened.sessions);
    opened.sessions[deed] = async (...use) => {
      if ((await original(...use)) !== undefined) process.kill(process.pid, 'SIGKILL');
    };
    return opened;
  },
};

const users = { module: UsersModule, providers: [Users], exports: [Users] };
const app = await NestFactory.createApplicationContext(
  {
    module: RootModule,
    imports: [
      PortcullisModule.forRoot({
        tokens: { audience: 'https://api.example', issuer: { url: issuer } },
        storage: dying,
      }),
      PortcullisSessionsModule.register({ users: Users, imports: [users], clientId: 'web' }),
    ],
  },
  { logger: false },
);
const sessions = app.get(SessionService);
const { id } = await sessions.sessionOf(refreshToken);
const doing = deed === 'rotate' ? sessions.refresh(refreshToken) : sessions.end(id, { reason: 'logged out' });
await doing.catch(({ reason }) => console.error(reason));
