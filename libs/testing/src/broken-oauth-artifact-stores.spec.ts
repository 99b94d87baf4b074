import {
  MemoryOAuthArtifactStore,
  type OAuthArtifactRecord,
  type OAuthArtifactStore,
} from '@portcullis/auth';
import { checksOf, type Defect, type Defects, pause } from './broken-stores.js';
import { oauthArtifactStoreContract } from './index.js';

const keyOf = ({ model, idHash }: { readonly model: string; readonly idHash: string }) =>
  `${model}:${idHash}`;

/** Keeps what it is given by a map alone, and never says that something has ended. */
function byMap(changes: (artifacts: Map<string, OAuthArtifactRecord>) => Partial<OAuthArtifactStore>) {
  const artifacts = new Map<string, OAuthArtifactRecord>();
  return {
    upsert: async (artifact) => Boolean(artifacts.set(keyOf(artifact), { ...artifact, consumedAt: null })),
    find: async (key) => artifacts.get(keyOf(key)),
    findByUid: async (model, uid) =>
      [...artifacts.values()].find((one) => one.model === model && one.uidHash === uid),
    findByUserCode: async (model, code) =>
      [...artifacts.values()].find((one) => one.model === model && one.userCodeHash === code),
    ...changes(artifacts),
  } satisfies Partial<OAuthArtifactStore>;
}

/** A revocation that takes one name for something else. */
const revoking =
  (change: (which: object) => object): Defect<OAuthArtifactStore> =>
  (sound) => ({ revoke: (which) => sound.revoke(change(which) as typeof which) });

const without =
  (name: string) =>
  (which: object): object =>
    Object.fromEntries(Object.entries(which).filter(([key]) => key !== name));

const broken: Defects<OAuthArtifactStore> = {
  'keeps artifacts as they are, and those of different models apart': [
    (sound) => ({ upsert: (artifact) => sound.upsert({ ...artifact, sessionId: null }) }),
    (sound) => ({ upsert: async (artifact) => (await sound.upsert(artifact)) && artifact.model !== 'Grant' }),
    (sound) => ({ find: ({ idHash }) => sound.find({ model: 'RefreshToken', idHash }) }),
    (sound) => ({
      find: async (key) => (await sound.find(key)) ?? sound.find({ model: 'Grant', idHash: 'a1' }),
    }),
  ],
  'replaces all but when it was made, and whether it was used': [
    () => byMap(() => ({ consume: async () => false })),
    (sound) => ({
      // Anew, so that it can be used again.
      upsert: async (artifact) => {
        if (artifact.payload === 'more') await sound.forgetExpiredBefore(artifact.expiresAt);
        return sound.upsert(artifact);
      },
    }),
    (sound) => ({
      upsert: async (artifact) =>
        sound.upsert({ ...artifact, ...((await sound.find(artifact)) && { uidHash: 'u1' }) }),
    }),
    (sound) => ({
      upsert: async (artifact) =>
        sound.upsert({
          ...artifact,
          subject: artifact.subject ?? (await sound.find(artifact))?.subject ?? null,
        }),
    }),
  ],
  'keeps odd texts apart and as they are': [
    (sound) => ({ upsert: (artifact) => sound.upsert({ ...artifact, payload: artifact.payload.trim() }) }),
    (sound) => ({ findByUid: (model, uid) => sound.findByUid(model, uid.toLowerCase()) }),
    (sound) => ({
      revoke: async (which) => ({ ...(await sound.revoke(which)), grantIds: ['plain'] }),
    }),
  ],
  'hands out what nobody can change it by': () => byMap(() => ({})),
  'finds the newest of a uid, and the one of a user code, of their models only': [
    () => byMap(() => ({})),
    (sound) => ({ findByUid: (_, uid) => sound.findByUid('RefreshToken', uid) }),
    (sound) => ({ findByUserCode: (_, code) => sound.findByUserCode('RefreshToken', code) }),
  ],
  'gives no user code to two of a model, also at the same time': [
    (sound) => ({ upsert: (artifact) => sound.upsert({ ...artifact, userCodeHash: null }) }),
    () => byMap(() => ({})),
    (sound) => ({ upsert: (artifact) => sound.upsert(artifact).catch(() => true) }),
    // Ends it, and keeps its code.
    (sound) => {
      let ended = 0;
      return {
        end: async () => ++ended > 0,
        upsert: (artifact) =>
          sound.upsert(artifact).catch((error) => {
            if (ended > 0) return false;
            throw error;
          }),
      };
    },
  ],
  'is used once, and stays to be found': [
    (sound) => ({
      consume: async (key, at) => (await sound.consume(key, at)) && sound.end(key),
    }),
    (sound) => ({
      consume: async (key, at) => (await sound.consume(key, at)) || (await sound.find(key)) !== undefined,
    }),
    (sound) => ({ consume: (key, at) => sound.consume(key, at + 1) }),
    (sound) => ({
      consume: async (key, at) => {
        await sound.consume({ model: 'Grant', idHash: key.idHash }, at);
        return sound.consume(key, at);
      },
    }),
  ],
  'lets exactly one of many use it at the same time': (sound) => ({
    consume: async (key, at) => {
      const artifact = await sound.find(key);
      await pause();
      await sound.consume(key, at);
      return artifact?.consumedAt === null;
    },
  }),
  'is not used when it is over': [
    (sound) => ({ consume: (key, at) => sound.consume(key, at - 1) }),
    (sound) => ({ consume: (key, at) => sound.consume(key, at + 1) }),
  ],
  'forgets those that are over at a time, used or ended or not, and no other': [
    () => ({ forgetExpiredBefore: async () => {} }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time - 1) }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time + 1) }),
  ],
  'ends one once, and for good: it neither is found nor used nor comes back': [
    // Deletes, so that it can come back.
    () =>
      byMap((artifacts) => ({
        end: async (key) => artifacts.delete(keyOf(key)),
        consume: async () => false,
        revoke: async () => ({ count: 0, grantIds: [] }),
      })),
    (sound) => ({ end: async (key) => (await sound.end(key)) || true }),
    // Is still found by its uid.
    (sound) => {
      const ended = new Map<string, OAuthArtifactRecord | undefined>();
      return {
        findByUid: async (model, uid) => ended.get(uid) ?? (await sound.findByUid(model, uid)),
        end: async (key) => {
          const artifact = await sound.find(key);
          if (artifact?.uidHash) ended.set(artifact.uidHash, artifact);
          return sound.end(key);
        },
      };
    },
  ],
  'ends those of a grant with it, and says which grants': [
    revoking(() => ({ issuer: 'https://other.example', grantId: 'g1' })),
    (sound) => ({ revoke: async (which) => ({ ...(await sound.revoke(which)), grantIds: [] }) }),
    (sound) => ({
      // But for the grant itself.
      revoke: async (which) => {
        const ended = await sound.revoke(which);
        return { ...ended, count: Math.max(ended.count - 1, 0) };
      },
    }),
  ],
  'names the grants of what is selected and goes on': [
    () => ({ grantsOf: async () => [] }),
    (sound) => ({ grantsOf: (which) => sound.grantsOf({ ...which, issuer: 'https://other.example' }) }),
    (sound) => ({
      grantsOf: async (which) => [...(await sound.grantsOf(which)), ...('sessionId' in which ? ['g1'] : [])],
    }),
    (sound) => ({ grantsOf: (which) => sound.grantsOf(without('madeBy')(which) as typeof which) }),
    // Also of what has ended.
    (sound) => ({
      grantsOf: async (which) => ('grantId' in which ? [which.grantId] : sound.grantsOf(which)),
    }),
  ],
  'ends those of a login': [
    revoking((which) => ({ ...which, issuer: 'https://other.example' })),
    revoking((which) => ({ ...which, sessionId: 's2' })),
    (sound) => ({
      revoke: async (which) => ('sessionId' in which ? { count: 0, grantIds: [] } : sound.revoke(which)),
    }),
  ],
  'ends those of a user, of a client, and of a user at a client': [
    revoking((which) => ('clientId' in which ? without('subject')(which) : which)),
    revoking((which) => ('subject' in which ? without('clientId')(which) : which)),
  ],
  'ends only those that were made by a time, where one is given': [
    revoking(without('madeBy')),
    revoking((which) => ('subject' in which ? without('madeBy')(which) : which)),
    revoking((which) => ({ ...which, madeBy: Number(Reflect.get(which, 'madeBy')) - 1 })),
  ],
  'ends nothing where a part of the selection is missing': revoking((which) =>
    Object.fromEntries(Object.entries(which).filter(([, value]) => value !== undefined)),
  ),
  'ends very many, and each in one call only': [
    (sound) => {
      let calls = 0;
      return { revoke: async (which) => (calls++ > 0 ? { count: 0, grantIds: [] } : sound.revoke(which)) };
    },
    (sound) => ({
      revoke: async (which) => {
        const { count, grantIds } = await sound.revoke(which);
        return { count: count + Number(count > 0), grantIds };
      },
    }),
  ],
  'lets nothing come back that is kept again while it ends': () =>
    byMap((artifacts) => ({
      revoke: async () => {
        artifacts.clear();
        return { count: 1, grantIds: [] };
      },
      consume: async () => false,
    })),
};

describe('the contract of stores of what an authorization server gives out', () => {
  const checks = checksOf(() => new MemoryOAuthArtifactStore(), oauthArtifactStoreContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
