import type { Enrolments } from '@portcullis/auth';
import { type TotpCodeOptions, totpCode } from './totp-code.js';

const PERIOD_MS = 30_000;

/** An authenticator app that a user has enrolled. */
export class TestAuthenticator {
  #usedStep = 0;

  private constructor(
    /** The factor that it is. */
    readonly factorId: string,
    /** What it makes its codes of, in base32. */
    readonly secret: string,
    private readonly parameters: Pick<TotpCodeOptions, 'algorithm' | 'digits'>,
    private readonly now: () => number,
  ) {}

  /** The user's first recovery codes; none where the user had some already. */
  recoveryCodes: readonly string[] = [];

  /** @internal */
  static async enrol(
    enrolments: Enrolments,
    user: { readonly issuer: string; readonly subject: string },
    now: () => number,
  ): Promise<TestAuthenticator> {
    const enroller = { ...user, id: 'test' };
    const { id, secret, uri } = await enrolments.beginTotp(enroller, 'Test authenticator');
    const authenticator = new TestAuthenticator(id, secret, parametersIn(uri), now);
    const { recoveryCodes = [] } =
      (await enrolments.confirmTotp(enroller, id, authenticator.code(), {})) ?? {};
    authenticator.recoveryCodes = recoveryCodes;
    return authenticator;
  }

  /**
   * The next code that works, as each does once. The enrolment has used that of these thirty seconds, so there is one more; afterwards turn
   * the clock of the app forward.
   *
   * @throws Error when it has given away all that work now
   */
  code(): string {
    const step = Math.floor(this.now() / PERIOD_MS);
    // Not the one before, which works as well now: it may be too old when it arrives.
    const next = Math.max(step, this.#usedStep + 1);
    if (next > step + 1)
      throw new Error(
        'No code is left that works now: each works once. Turn the clock of the app forward by 30 s',
      );
    this.#usedStep = next;
    return totpCode(this.secret, { at: next * PERIOD_MS, ...this.parameters });
  }
}

function parametersIn(uri: string): Pick<TotpCodeOptions, 'algorithm' | 'digits'> {
  const { searchParams } = new URL(uri);
  const algorithm = (searchParams.get('algorithm') ?? 'SHA1') as NonNullable<TotpCodeOptions['algorithm']>;
  return { algorithm, digits: Number(searchParams.get('digits') ?? 6) };
}
