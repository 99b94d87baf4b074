import { execFileSync } from 'node:child_process';
import { TOTP_ALGORITHMS } from '@portcullis/auth';
import { MfaClient, type Tokens } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** Debian's own TOTP, which nobody here has written. */
function oathtool(...parameters: readonly string[]): string {
  const program = process.env.PORTCULLIS_OATHTOOL;
  if (!program) throw new Error('There is no oathtool: install it, or let the tests do that');
  return execFileSync(program, parameters, { encoding: 'utf8' }).trim();
}

describeOnPlatforms('an authenticator app of somebody else on %s', (running) => {
  const client = new MfaClient(running);

  it.each(TOTP_ALGORITHMS.flatMap((algorithm) => [6, 7, 8].map((digits) => [algorithm, digits] as const)))(
    'enrols and logs in by %s with %i digits',
    async (totpAlgorithm, totpDigits) => {
      await client.start({ mfa: { totpAlgorithm, totpDigits } });
      const tokens = await client.login();
      const { id, uri } = await client.begin(tokens);
      const { searchParams } = new URL(uri);
      const codeAt = (ms: number) =>
        oathtool(
          `--totp=${searchParams.get('algorithm')}`,
          ...['--base32', `--digits=${searchParams.get('digits')}`],
          ...[`--time-step-size=${searchParams.get('period')}s`, `--now=@${Math.floor(ms / 1000)}`],
          searchParams.get('secret') ?? '',
        );
      const confirmed = await client.post(
        `factors/${id}/confirm`,
        { code: codeAt(client.clock.now()) },
        client.as(tokens),
      );
      expect(confirmed.status).toBe(200);
      client.clock.forward(30);
      const answer = await client.prove(await client.login(), codeAt(client.clock.now()));
      expect(((await answer.json()) as Tokens).access_token).toEqual(expect.any(String));
    },
  );
});
