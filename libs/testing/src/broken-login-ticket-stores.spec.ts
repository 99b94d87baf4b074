import { type LoginTicketRecord, type LoginTicketStore, MemoryLoginTicketStore } from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { loginTicketStoreContract } from './index.js';

const broken: Defects<LoginTicketStore> = {
  'keeps tickets as they were inserted': [
    (sound) => ({ insert: (ticket) => sound.insert({ ...ticket, purpose: 'prove' }) }),
    (sound) => ({ insert: (ticket) => sound.insert({ ...ticket, tries: 0 }) }),
    (sound) => ({ insert: (ticket) => sound.insert({ ...ticket, network: ticket.network ?? '' }) }),
    (sound) => ({ find: async (id) => (await sound.find(id)) ?? (await sound.find('t1')) }),
  ],
  'fails for an id that is taken, and leaves the ticket as it is': [
    (sound) => ({ insert: (ticket) => sound.insert(ticket).catch(() => undefined) }),
    () => {
      const tickets = new Map<string, LoginTicketRecord>();
      return {
        insert: async (ticket) => void tickets.set(ticket.id, ticket),
        find: async (id) => tickets.get(id),
      };
    },
  ],
  'keeps odd texts apart and as they are': (sound) => ({
    insert: (ticket) => sound.insert({ ...ticket, subject: ticket.subject.trim() }),
  }),
  'hands out what nobody can change it by': () => {
    const tickets = new Map<
      string,
      { -readonly [Name in keyof LoginTicketRecord]: LoginTicketRecord[Name] }
    >();
    return {
      insert: async (ticket) => void tickets.set(ticket.id, { ...ticket }),
      find: async (id) => tickets.get(id),
      beginTry: async (id) => {
        const ticket = tickets.get(id);
        if (ticket !== undefined) ticket.tries++;
        return ticket;
      },
    };
  },
  'counts tries up to the most, and says how the ticket is then': [
    (sound) => ({
      beginTry: async (id, ...limits) => {
        const before = await sound.find(id);
        return (await sound.beginTry(id, ...limits)) && before;
      },
    }),
    (sound) => ({ beginTry: (id, most, at) => sound.beginTry(id, most + 1, at) }),
    (sound) => ({
      beginTry: async (id, ...limits) => (await sound.beginTry(id, ...limits)) ?? sound.find(id),
    }),
    (sound) => ({ beginTry: (id) => sound.find(id) }),
  ],
  'lets no more of many begin a try at the same time than may': () => {
    // Counts afterwards.
    const ticket = { id: 't1', tries: 0 } as LoginTicketRecord;
    let { tries } = ticket;
    return {
      find: async () => ({ ...ticket, tries }),
      beginTry: async (_, most) => {
        const before = tries;
        await pause();
        if (before >= most) return undefined;
        tries = before + 1;
        return { ...ticket, tries };
      },
    };
  },
  'is used once, and tried no more then': [
    (sound) => ({ use: async (id, at) => (await sound.use(id, at)) || (await sound.find(id)) !== undefined }),
    (sound) => ({
      beginTry: async (id, most, at) => (await sound.beginTry(id, most, at)) ?? sound.find(id),
    }),
    () => ({ use: async (id) => id !== 'nobody' }),
  ],
  'lets exactly one of many use it at the same time': (sound) => ({
    use: async (id, at) => {
      const ticket = await sound.find(id);
      await pause();
      await sound.use(id, at);
      return ticket?.usedAt === null;
    },
  }),
  'is neither tried nor used when it is over': [
    (sound) => ({ use: (id, at) => sound.use(id, at - 1) }),
    (sound) => ({ beginTry: (id, most, at) => sound.beginTry(id, most, at - 1) }),
    (sound) => ({ use: (id, at) => sound.use(id, at + 1) }),
    (sound) => ({ beginTry: (id, most, at) => sound.beginTry(id, most, at + 1) }),
  ],
  'forgets those that are over at a time, used or not, and no other': [
    () => ({ forgetExpiredBefore: async () => {} }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time - 1) }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time + 1) }),
  ],
};

describe('the contract of login ticket stores', () => {
  const checks = checksOf(() => new MemoryLoginTicketStore(), loginTicketStoreContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
