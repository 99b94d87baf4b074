import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  type Actor,
  type FactorAsker,
  type FactorOwner,
  type FactorRecord,
  FactorService,
  type FactorStore,
  type NewFactor,
} from '@portcullis/auth';
import { available, FACTOR_STORE, KnownUsers, newFactorId } from '@portcullis/auth/internal';
import {
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type RegistrationResponseJSON,
  type VerifiedRegistrationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { isPlainAttestation } from './attestation.js';
import { ALGORITHMS, isSoundKey } from './credential-key.js';
import { readRegistration } from './passkey-answers.js';
import { CHALLENGE_SECONDS, type ChallengePurpose, PasskeyChallenges } from './passkey-challenges.js';
import { amrOf, descriptorOf, PASSKEY_KIND, type PasskeyData, passkeyDataOf } from './passkey-record.js';
import { notRegistered } from './passkey-refusals.js';
import { PASSKEY_SETTINGS, type PasskeySettings } from './passkey-settings.js';

type RegistrationInfo = NonNullable<VerifiedRegistrationResponse['registrationInfo']>;

/** A passkey that is kept from now on. */
export interface RegisteredPasskey {
  /** That of the factor. */
  readonly id: string;
  /** What was proven by it (RFC 8176). */
  readonly amr: readonly string[];
  /** The user's first recovery codes, which are shown here once; undefined where there are some. */
  readonly recoveryCodes: readonly string[] | undefined;
}

/** Adds passkeys to users. Whether somebody may do that now is for the caller to say. */
@Injectable()
export class PasskeyRegistrations {
  constructor(
    @Inject(PASSKEY_SETTINGS) private readonly settings: PasskeySettings,
    @Inject(FACTOR_STORE.token) private readonly store: FactorStore,
    private readonly factors: FactorService,
    private readonly challenges: PasskeyChallenges,
    private readonly users: KnownUsers,
  ) {}

  /**
   * What `navigator.credentials.create()` is called with.
   *
   * @param user who is logged in, and by which session; or has a ticket to get a factor
   * @throws PortcullisError `passkey_not_registered` where the user has as many as may be, or is gone
   */
  async options(user: FactorAsker): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const known = await this.#passkeysOf(user);
    if (known.length >= this.settings.maxPerUser) throw tooMany(user);
    const finding = this.users.directory.find(user.subject);
    const found = await available(finding, 'the user can not be read');
    if (found === undefined || found.isDisabled === true) throw notRegistered(`${user.subject} is gone`);
    const knownHandle = handlesOf(known)[0] ?? null;
    const challenge = this.challenges.make(purposeOf(user, knownHandle));
    const name = found.name ?? found.subject;
    return generateRegistrationOptions({
      rpName: this.settings.rpName,
      rpID: this.settings.rpId,
      userName: name,
      userDisplayName: name,
      userID: Buffer.from(knownHandle ?? newHandleOf(challenge), 'base64url'),
      challenge: Buffer.from(challenge, 'base64url'),
      timeout: CHALLENGE_SECONDS * 1000,
      // Who made a device is nothing that we would go by.
      attestationType: 'none',
      excludeCredentials: known.map(descriptorOf),
      authenticatorSelection: {
        residentKey: 'required',
        userVerification: this.settings.userVerification,
      },
      supportedAlgorithmIDs: ALGORITHMS,
    });
  }

  /**
   * Keeps the passkey that a device has made for such options.
   *
   * @param name what its user calls it
   * @throws PortcullisError `passkey_not_registered` where it is wrong, known already, or one too many; `factor_conflict`;
   * `temporarily_unavailable` when it can't be kept now
   */
  async register(
    user: FactorAsker,
    answer: unknown,
    { name, from }: { readonly name: string | null; readonly from: Omit<Actor, 'actor'> },
  ): Promise<RegisteredPasskey> {
    const read = readRegistration(answer);
    if (read === undefined) throw notRegistered('the answer is malformed');
    const { response, clientData } = read;
    const { challenge, isFramed } = clientData;
    const known = await this.#passkeysOf(user);
    const handle = [...handlesOf(known), null].find((each) =>
      this.challenges.isOurs(challenge, purposeOf(user, each)),
    );
    if (handle === undefined) throw notRegistered('the challenge is not ours, over, or for another session');
    if (!(await this.challenges.isFirstUse(challenge))) throw notRegistered('the challenge was used before');
    if (isFramed) throw notRegistered('a page has asked for it in a frame of another origin');
    const { credential, ...facts } = await this.#verified(response, challenge);
    const data: PasskeyData = {
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      userHandle: handle ?? newHandleOf(challenge),
      isSynced: facts.credentialDeviceType === 'multiDevice',
      isBackedUp: facts.credentialBackedUp,
      transports: credential.transports ?? [],
      aaguid: facts.aaguid,
    };
    const { issuer, subject } = user;
    const factor = {
      ...{ id: newFactorId(), issuer, subject, kind: PASSKEY_KIND, name },
      ...{ handle: credential.id, data: JSON.stringify(data), position: credential.counter },
    };
    const recoveryCodes = await this.#add(factor, from);
    return { id: factor.id, amr: amrOf(data), recoveryCodes };
  }

  async #verified(response: RegistrationResponseJSON, challenge: string): Promise<RegistrationInfo> {
    const { rpId, origins, relatedOrigins, userVerification } = this.settings;
    if (!isPlainAttestation(response))
      throw notRegistered('it comes with an attestation, which nobody asked for');
    const verifying = verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...origins, ...relatedOrigins],
      expectedRPID: rpId,
      requireUserVerification: userVerification === 'required',
      supportedAlgorithmIDs: ALGORITHMS,
    });
    const { registrationInfo } = await verifying.catch((error) => {
      throw notRegistered('the answer is wrong', error);
    });
    if (registrationInfo === undefined) throw notRegistered('the answer is not signed as it must be');
    const { credential } = registrationInfo;
    if (credential.id !== response.id) throw notRegistered('the answer names two credentials');
    if (!isSoundKey(credential.publicKey)) throw notRegistered('the public key is not sound');
    return registrationInfo;
  }

  /** Counted afterwards, so that of many that come at the same time none is overlooked; all of them may be too many then. */
  async #add(factor: NewFactor & { readonly handle: string }, from: Omit<Actor, 'actor'>) {
    await this.#demandFree(factor);
    const recoveryCodes = await this.factors.add(factor, from).catch(async (error) => {
      // Somebody may have been sooner.
      await this.#demandFree(factor);
      throw error;
    });
    if ((await this.#passkeysOf(factor)).length <= this.settings.maxPerUser) return recoveryCodes;
    await this.factors.remove(factor, factor.id, { ...from, isForced: true });
    throw tooMany(factor);
  }

  async #demandFree({ handle }: { readonly handle: string }): Promise<void> {
    if ((await this.store.findByHandle(PASSKEY_KIND, handle)) !== undefined)
      throw notRegistered('there is a passkey with this credential');
  }

  async #passkeysOf({ issuer, subject }: FactorOwner): Promise<readonly FactorRecord[]> {
    const factors = await this.store.list({ issuer, subject });
    return factors.filter(({ kind }) => kind === PASSKEY_KIND);
  }
}

function tooMany({ subject }: FactorOwner) {
  return notRegistered(`${subject} has as many passkeys as may be`);
}

/** @param handle by what the device was told to know the account; null for one that comes of the challenge */
function purposeOf({ issuer, subject, id }: FactorAsker, handle: string | null): ChallengePurpose {
  return { kind: 'registration', asker: JSON.stringify([issuer, subject, id, handle]) };
}

/** Those that the user's devices know the account by: one, unless two first passkeys were registered at the same time. */
function handlesOf(passkeys: readonly FactorRecord[]): readonly string[] {
  return [...new Set(passkeys.map((passkey) => passkeyDataOf(passkey).userHandle))];
}

/** As random as the challenge, so that nothing is kept before there is a passkey. */
function newHandleOf(challenge: string): string {
  return createHash('sha256').update(`portcullis user handle ${challenge}`).digest('base64url');
}
