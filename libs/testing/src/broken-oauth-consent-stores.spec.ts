import {
  MemoryOAuthConsentStore,
  type OAuthConsentKey,
  type OAuthConsentRecord,
  type OAuthConsentStore,
} from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { oauthConsentStoreContract } from './index.js';

const textOf = ({ issuer, subject, clientId }: OAuthConsentKey) =>
  JSON.stringify([issuer, subject, clientId]);

const without = (name: string, which: object) =>
  Object.fromEntries(Object.entries(which).filter(([key]) => key !== name));

const broken: Defects<OAuthConsentStore> = {
  'keeps consents as they are, each under issuer, user and client': [
    (sound) => ({ keep: (consent) => sound.keep({ ...consent, expiresAt: null }) }),
    (sound) => ({ keep: (consent) => sound.keep({ ...consent, updatedAt: consent.createdAt }) }),
    (sound) => ({ find: (key) => sound.find({ ...key, issuer: 'https://issuer.example' }) }),
    (sound) => ({ find: async (key) => (await sound.find(key)) ?? sound.find({ ...key, clientId: 'shop' }) }),
  ],
  'replaces all but when it was made': [
    (sound) => ({
      keep: async (consent) => {
        const { issuer, subject, clientId } = consent;
        await sound.withdraw({ issuer, subject, clientId });
        await sound.keep(consent);
      },
    }),
    (sound) => ({
      // What was agreed to adds up.
      keep: async (consent) =>
        sound.keep({ ...consent, scopes: { ...(await sound.find(consent))?.scopes, ...consent.scopes } }),
    }),
    (sound) => ({
      keep: async (consent) =>
        sound.keep({
          ...consent,
          expiresAt: consent.expiresAt ?? (await sound.find(consent))?.expiresAt ?? null,
        }),
    }),
  ],
  'keeps odd texts apart and as they are': [
    (sound) => ({ keep: (consent) => sound.keep({ ...consent, subject: consent.subject.trim() }) }),
    (sound) => ({
      keep: (consent) => {
        const scopes: Record<string, readonly string[]> = {};
        // An assignment, which sets the prototype.
        for (const [name, some] of Object.entries(consent.scopes)) scopes[name] = some;
        return sound.keep({ ...consent, scopes });
      },
    }),
  ],
  'hands out what nobody can change it by': () => {
    const consents = new Map<string, OAuthConsentRecord>();
    return {
      keep: async (consent) => void consents.set(textOf(consent), consent),
      find: async (key) => consents.get(textOf(key)),
      list: async () => [...consents.values()],
    };
  },
  'keeps one of many that come at the same time': (sound) => {
    const more: OAuthConsentRecord[] = [];
    return {
      keep: async (consent) => void more.push(consent),
      list: async (query) => [...(await sound.list(query)), ...more],
    };
  },
  'lists those of a user by rising ids of clients, page by page': [
    (sound) => ({ list: async (query) => (await sound.list(query)).toReversed() }),
    (sound) => ({ list: ({ issuer, subject, limit }) => sound.list({ issuer, subject, limit }) }),
    (sound) => ({ list: (query) => sound.list({ ...query, limit: 10 }) }),
    (sound) => ({
      list: async (query) =>
        query.after === undefined || (await sound.find({ ...query, clientId: query.after }))
          ? sound.list(query)
          : [],
    }),
  ],
  'withdraws one, all of a user, or all to a client, and says which': [
    (sound) => ({ withdraw: (which) => sound.withdraw(without('clientId', which) as typeof which) }),
    (sound) => ({
      withdraw: (which) =>
        sound.withdraw(('clientId' in which ? without('subject', which) : which) as typeof which),
    }),
    (sound) => ({ withdraw: async (which) => (await sound.withdraw(which)).slice(1) }),
  ],
  'withdraws nothing where a part of the selection is missing': (sound) => ({
    withdraw: (which) =>
      sound.withdraw(
        Object.fromEntries(Object.entries(which).filter(([, value]) => value !== undefined)) as typeof which,
      ),
  }),
  'withdraws very many, each in one call only': [
    (sound) => {
      let calls = 0;
      return { withdraw: async (which) => (calls++ > 1 ? [] : (await sound.withdraw(which)).slice(0, 500)) };
    },
    (sound) => ({
      withdraw: async (which) => {
        const { issuer, clientId } = { clientId: '', ...which };
        const before = await sound.find({ issuer, subject: 'u0', clientId });
        await pause();
        const withdrawn = await sound.withdraw(which);
        return before === undefined ? withdrawn : [...withdrawn, { issuer, subject: 'u0', clientId }];
      },
    }),
  ],
  'forgets those that are over at a time, and no other': [
    () => ({ forgetExpiredBefore: async () => {} }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time - 1) }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time + 1) }),
  ],
};

describe('the contract of stores of consents', () => {
  const checks = checksOf(() => new MemoryOAuthConsentStore(), oauthConsentStoreContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
