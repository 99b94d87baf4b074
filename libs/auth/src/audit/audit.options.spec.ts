import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { EVENTS, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisConfigurationError } from '../errors.js';
import { MemoryAuditStore } from '../stores/memory/memory-audit.store.js';

const STORES = memoryStores();

function problemsOf(given: object): readonly string[] {
  try {
    resolveOptions(given as PortcullisOptions, STORES);
    return [];
  } catch (error) {
    if (!(error instanceof PortcullisConfigurationError)) throw error;
    return error.problems;
  }
}

describe('the options of the audit log', () => {
  it('have a default each, and no store', () => {
    const { audit, stores } = resolveOptions({}, STORES);
    expect(audit).toMatchObject({ retentionDays: 90, maxWaiting: 10_000, maxFloodPerMinute: 1_000 });
    expect(stores.audit).toBeUndefined();
  });

  it('keep by default everything but what comes all the time', () => {
    const events = EVENTS.auditedByDefault;
    expect(events).toEqual(expect.arrayContaining(['request.refused', 'address.banned', 'api-key.created']));
    for (const type of ['request.accepted', 'ban.proposed', 'ban.shadowed', 'ban-feed.loaded'])
      expect(events).not.toContain(type);
  });

  it('stand where they are given', () => {
    const audit = { events: ['request.accepted'], retentionDays: 365 } as const;
    const store = new MemoryAuditStore();
    expect(resolveOptions({ audit, stores: { audit: store } }, STORES)).toMatchObject({
      audit: { ...audit, maxWaiting: 10_000 },
      stores: { ...STORES, audit: store },
    });
  });

  it.each<[string, object]>([
    ['audit.events', { audit: { events: ['ban.proposed'] } }],
    ['audit.events', { audit: { events: ['request.accepted', 'requests'] } }],
    ['audit.events', { audit: { events: 'request.accepted' } }],
    ['audit.events', { audit: { events: null } }],
    ['audit.retentionDays', { audit: { retentionDays: 0 } }],
    ['audit.retentionDays', { audit: { retentionDays: Number.POSITIVE_INFINITY } }],
    ['audit.maxWaiting', { audit: { maxWaiting: 99 } }],
    ['audit.maxFloodPerMinute', { audit: { maxFloodPerMinute: -1 } }],
    ['audit.store', { audit: { store: new MemoryAuditStore() } }],
    ['audit', { audit: 'all' }],
    ['stores.audit', { stores: { audit: { append() {}, list() {} } } }],
    ['stores.audit', { stores: { audit: null } }],
  ])('that make no sense are named: %s %j', (name, given) => {
    expect(new Set(problemsOf(given).map((problem) => problem.split(':', 1)[0]))).toEqual(new Set([name]));
  });
});
