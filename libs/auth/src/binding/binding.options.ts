import { ArrayNotEmpty, IsIn, IsInt, Matches, Max, Min } from 'class-validator';
import { HasMethods, IfGiven } from '../options/option-validators.js';
import { defineOptions } from '../options/options-section.js';
import type { ReplaySet } from '../replay/replay-set.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../tokens/verification-key.js';

/** How those who send a bound credential prove that they hold its key. */
export class BindingOptions {
  /** What proofs may be signed with. */
  @ArrayNotEmpty()
  @IsIn(ASYMMETRIC_ALGORITHMS, { each: true })
  readonly algorithms: readonly AsymmetricAlgorithm[] = ASYMMETRIC_ALGORITHMS;

  /** For how long a proof may be used after it was made, in seconds. */
  @IsInt()
  @Min(1)
  @Max(300)
  readonly maxAgeSeconds: number = 60;

  /** How far the clock of whoever makes a proof may be ahead, in seconds. */
  @IsInt()
  @Min(0)
  @Max(60)
  readonly clockToleranceSeconds: number = 5;

  /**
   * Whether a proof has to hold a nonce of ours (RFC 9449 section 9): `demand`; or whether one is asked for only where the time in a
   * proof is not good enough: `accept`.
   */
  @IsIn(['accept', 'demand'])
  readonly nonce: 'accept' | 'demand' = 'accept';

  /**
   * Who is asked whether a proof was used before: all instances together by what they share, `shared`, or each by itself, `instance`.
   * Where nothing is shared, each is asked by itself.
   */
  @IsIn(['shared', 'instance'])
  readonly replay: 'shared' | 'instance' = 'shared';

  /** Knows which proofs were used, for all instances. By default that of the storage; without one the memory of this process. */
  @IfGiven()
  @HasMethods('firstUse')
  readonly replays?: ReplaySet;

  /**
   * The header in which {@link trustedProxies} hand on the certificate of their client (mTLS): `Client-Cert` (RFC 9440),
   * `X-Forwarded-Client-Cert` (Envoy), or another one with a percent-encoded PEM, as nginx has it in `$ssl_client_escaped_cert`. None by
   * default: then only the connection's own certificate counts.
   */
  @IfGiven()
  @Matches(/^[A-Za-z][A-Za-z0-9-]*$/, { message: '$property must be the name of a header' })
  readonly certificateHeader?: string;
}

export const BINDING_OPTIONS = defineOptions('binding', BindingOptions);
