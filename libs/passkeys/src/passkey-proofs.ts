import { Inject, Injectable } from '@nestjs/common';
import type { FactorRecord, FactorStore, ProvenFactor } from '@portcullis/auth';
import { BINDING_SETTINGS, type BindingSettings, FACTOR_STORE } from '@portcullis/auth/internal';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
} from '@simplewebauthn/server';
import { readAssertion } from './passkey-answers.js';
import { CHALLENGE_SECONDS, type ChallengePurpose, PasskeyChallenges } from './passkey-challenges.js';
import { amrOf, descriptorOf, PASSKEY_KIND, type PasskeyData, passkeyDataOf } from './passkey-record.js';
import { invalid } from './passkey-refusals.js';
import { PASSKEY_SETTINGS, type PasskeySettings } from './passkey-settings.js';

/** A passkey that was proven, and whose it is. */
export interface ProvenPasskey extends ProvenFactor {
  readonly factor: FactorRecord;
}

/** Asks devices for passkeys, and checks what they answer. */
@Injectable()
export class PasskeyProofs {
  constructor(
    @Inject(PASSKEY_SETTINGS) private readonly settings: PasskeySettings,
    @Inject(FACTOR_STORE.token) private readonly store: FactorStore,
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly challenges: PasskeyChallenges,
  ) {}

  /**
   * What `navigator.credentials.get()` is called with.
   *
   * @param factors those that may answer; without them whichever passkey the device has for this domain
   */
  options(
    purpose: ChallengePurpose,
    factors: readonly FactorRecord[] = [],
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return generateAuthenticationOptions({
      rpID: this.settings.rpId,
      challenge: Buffer.from(this.challenges.make(purpose), 'base64url'),
      timeout: CHALLENGE_SECONDS * 1000,
      userVerification: this.#userVerificationFor(purpose),
      allowCredentials: factors.map(descriptorOf),
    });
  }

  /**
   * Checks what a device has answered, and counts it once. Its challenge is used up before anything is verified; not by an answer that names
   * no passkey of ours, or else anybody could fill the memory of what was used.
   *
   * @param candidates the passkeys that may have answered; without them any that is known, which then has to say whose it is
   * @throws PortcullisError `invalid_passkey` where it is wrong, whatever is; `temporarily_unavailable` when that can't be said now
   */
  async prove(
    answer: unknown,
    purpose: ChallengePurpose,
    candidates?: readonly FactorRecord[],
  ): Promise<ProvenPasskey> {
    const read = readAssertion(answer);
    if (read === undefined) throw invalid('the answer is malformed');
    const { response, clientData } = read;
    const { challenge, isFramed } = clientData;
    if (!this.challenges.isOurs(challenge, purpose))
      throw invalid('the challenge is not ours, over, or of somebody else');
    const factor = await this.#find(response.id, candidates);
    if (factor === undefined || factor.confirmedAt === null) throw invalid('the passkey is not known');
    const whose = `the passkey ${factor.id} of ${factor.subject}`;
    if (!(await this.challenges.isFirstUse(challenge)))
      throw invalid(`a used challenge comes again with ${whose}`);
    const passkey = passkeyDataOf(factor);
    const { userHandle } = response.response;
    const isSilent = userHandle === undefined && candidates !== undefined;
    if (!isSilent && userHandle !== passkey.userHandle)
      throw invalid(`${whose} says that it is another one's`);
    if (isFramed) throw invalid(`a page has asked for ${whose} in a frame of another origin`);
    const mustVerifyUser = this.#userVerificationFor(purpose) === 'required';
    const seen = await this.#verified(response, { challenge, mustVerifyUser, passkey, whose });
    if (seen.isSynced !== passkey.isSynced)
      throw invalid(`${whose} was copied, or not, when it was registered`);
    if (!(await this.#counts(factor, seen.counter, passkey)))
      throw invalid(`${whose} was copied, or removed: its counter, ${seen.counter}, has not gone up`);
    await this.#noteBackup(factor, seen.isBackedUp);
    const { id } = factor;
    return { factor, id, kind: PASSKEY_KIND, amr: amrOf(passkey), isMultiFactor: seen.isUserVerified };
  }

  /** Whoever has found a device must not be able to log in with it alone. */
  #userVerificationFor({ kind }: ChallengePurpose): PasskeySettings['userVerification'] {
    return kind === 'login' ? 'required' : this.settings.userVerification;
  }

  #find(id: string, candidates?: readonly FactorRecord[]): Promise<FactorRecord | undefined> {
    if (candidates !== undefined) return Promise.resolve(candidates.find(({ handle }) => handle === id));
    return this.store.findByHandle(PASSKEY_KIND, id);
  }

  async #verified(
    response: AuthenticationResponseJSON,
    {
      challenge,
      mustVerifyUser,
      passkey,
      whose,
    }: {
      readonly challenge: string;
      readonly mustVerifyUser: boolean;
      readonly passkey: PasskeyData;
      readonly whose: string;
    },
  ) {
    const { rpId, origins, relatedOrigins } = this.settings;
    const verifying = verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...origins, ...relatedOrigins],
      expectedRPID: rpId,
      requireUserVerification: mustVerifyUser,
      // The counter is compared where it is kept, in one step.
      credential: { id: response.id, publicKey: Buffer.from(passkey.publicKey, 'base64url'), counter: 0 },
    });
    const { verified, authenticationInfo } = await verifying.catch((cause) => {
      throw invalid(`the answer of ${whose} is wrong`, cause);
    });
    if (!verified) throw invalid(`the signature is not that of ${whose}`);
    const { newCounter, userVerified, credentialDeviceType, credentialBackedUp } = authenticationInfo;
    const isSynced = credentialDeviceType === 'multiDevice';
    return { counter: newCounter, isUserVerified: userVerified, isSynced, isBackedUp: credentialBackedUp };
  }

  /** Where somebody else has changed it meanwhile, it is as it was seen then. */
  async #noteBackup({ id, data }: FactorRecord, isBackedUp: boolean): Promise<void> {
    const passkey: PasskeyData = JSON.parse(data);
    if (passkey.isBackedUp === isBackedUp) return;
    await this.store.replaceData(id, data, JSON.stringify({ ...passkey, isBackedUp }));
  }

  /** Copies of a synced passkey count each for themselves; where another one's counter goes back, somebody has copied it. */
  async #counts({ id }: FactorRecord, counter: number, { isSynced }: PasskeyData): Promise<boolean> {
    if (await this.store.useCounter(id, counter, this.time.now())) return true;
    // It may have been removed meanwhile.
    return isSynced && (await this.store.find(id)) !== undefined;
  }
}
