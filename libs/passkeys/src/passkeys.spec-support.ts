import {
  BindingOptions,
  type DirectoryUser,
  type FactorAsker,
  type FactorService,
  type FactorStore,
  MemoryFactorStore,
  MemoryReplaySet,
  type TokenIssuer,
} from '@portcullis/auth';
import { KnownUsers } from '@portcullis/auth/internal';
import { type TestCreationOptions, TestPasskeyDevice } from '@portcullis/testing';
import { PasskeyChallenges } from './passkey-challenges.js';
import { PasskeyProofs } from './passkey-proofs.js';
import { PasskeyRegistrations } from './passkey-registrations.js';
import type { PasskeySettings } from './passkey-settings.js';

export const ORIGIN = 'https://parcels.example';
export const ISSUER = { url: ORIGIN } as TokenIssuer;
const KEY = Buffer.alloc(32, 7).toString('base64');

/** A user, logged in by a session of this name. */
export function userNamed(subject: string, id = `session of ${subject}`): FactorAsker {
  return { issuer: ORIGIN, subject, id };
}

/** What the module wires, without an app. Instances share what they are given. */
export class PasskeyInstance {
  now = 1_000_000_000_000;
  readonly users = new Map<string, DirectoryUser>(
    ['ada', 'bob'].map((subject) => [subject, { subject, scopes: [] }]),
  );
  readonly settings: PasskeySettings;
  readonly challenges: PasskeyChallenges;
  readonly proofs: PasskeyProofs;
  readonly registrations: PasskeyRegistrations;

  constructor(
    settings: Partial<PasskeySettings> = {},
    readonly store = new MemoryFactorStore(),
    readonly replays = new MemoryReplaySet(),
  ) {
    this.settings = {
      rpId: 'parcels.example',
      rpName: 'Parcels',
      origins: [ORIGIN],
      relatedOrigins: [],
      userVerification: 'required',
      maxPerUser: 3,
      ...settings,
    };
    const binding = {
      binding: Object.assign(new BindingOptions(), { replays }),
      now: () => this.now,
      tokens: { issuer: { keyEncryptionKeys: [KEY] } },
    };
    const known = new KnownUsers();
    known.use({ verifyPassword: async () => undefined, find: async (subject) => this.users.get(subject) });
    this.challenges = new PasskeyChallenges(binding, this.settings, ISSUER);
    this.proofs = new PasskeyProofs(this.settings, store, binding, this.challenges);
    this.registrations = new PasskeyRegistrations(
      this.settings,
      store,
      factorsIn(store, binding) as FactorService,
      this.challenges,
      known,
    );
  }

  /** A device whose passkey is registered. */
  async device(
    user = userNamed('ada'),
    details: Partial<ConstructorParameters<typeof TestPasskeyDevice>[0]> & { readonly counter?: number } = {},
  ): Promise<TestPasskeyDevice> {
    const { counter = 0, ...rest } = details;
    const device = new TestPasskeyDevice({ origin: ORIGIN, ...rest });
    const answer = device.create((await this.registrations.options(user)) as TestCreationOptions, {
      counter,
    });
    await this.register(user, answer);
    return device;
  }

  register(user: FactorAsker, answer: unknown) {
    return this.registrations.register(user, answer, { name: null, from: {} });
  }
}

/** What is used of the service, over any store: the whole of it is tried by whole apps. */
function factorsIn(store: FactorStore, { now }: { readonly now: () => number }): Partial<FactorService> {
  return {
    add: async (factor) => {
      await store.insert({ ...factor, createdAt: now(), confirmedAt: now(), lastUsedAt: null });
      return undefined;
    },
    remove: (_, id) => store.remove(id, []),
  };
}
