import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { emit } from '../composition/resolve-options.spec-support.js';
import type { SecurityEvent } from './security-event.js';
import { SecurityEvents } from './security-events.js';

const EVENT: SecurityEvent = { type: 'token.issued', subject: 'ann', tokenId: 't1' };
const OTHER: SecurityEvent = { type: 'token.issued', subject: 'bob', tokenId: 't2' };

describe('a listener', () => {
  it('gets every event at once, in order', () => {
    const events = new SecurityEvents();
    const received: SecurityEvent[] = [];
    emit(events, OTHER);
    events.subscribe((event) => received.push(event));
    emit(events, EVENT);
    expect(received).toEqual([EVENT]);
    emit(events, OTHER);
    expect(received).toEqual([EVENT, OTHER]);
  });

  it('gets nothing more after it has left, and others still do', () => {
    const events = new SecurityEvents();
    const received: string[] = [];
    const leave = events.subscribe(() => received.push('one'));
    events.subscribe(() => received.push('other'));
    leave();
    leave();
    emit(events, EVENT);
    expect(received).toEqual(['other']);
  });

  it('may leave while it gets an event', () => {
    const events = new SecurityEvents();
    const received: SecurityEvent[] = [];
    const leave = events.subscribe((event) => {
      received.push(event);
      leave();
    });
    emit(events, EVENT);
    emit(events, OTHER);
    expect(received).toEqual([EVENT]);
  });

  it('that throws is logged, and disturbs neither the emitter nor the other listeners', () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const events = new SecurityEvents();
    const received: SecurityEvent[] = [];
    events.subscribe(() => {
      throw new Error('listener is broken');
    });
    events.subscribe(() => {
      throw undefined;
    });
    events.subscribe((event) => received.push(event));
    expect(() => emit(events, EVENT)).not.toThrow();
    emit(events, OTHER);
    expect(received).toEqual([EVENT, OTHER]);
    expect(logged).toHaveBeenCalledTimes(4);
    expect(logged.mock.calls[0]?.[0]).toBe('A listener failed on token.issued');
    logged.mockRestore();
  });

  it('that promises and does not keep it is logged likewise, and leaves no rejection unhandled', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const events = new SecurityEvents();
    const received: SecurityEvent[] = [];
    const broken = Promise.reject(new Error('queue is down'));
    events.subscribe(() => broken);
    events.subscribe((event) => received.push(event));
    emit(events, EVENT);
    expect(received).toEqual([EVENT]);
    await broken.catch(() => {});
    expect(logged.mock.calls).toEqual([
      ['A listener failed on token.issued', expect.stringContaining('queue is down')],
    ]);
    logged.mockRestore();
  });
});
