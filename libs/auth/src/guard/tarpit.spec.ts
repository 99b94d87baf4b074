import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { jest } from '@jest/globals';
import type { GuardSettings } from './guard-settings.js';
import { Tarpit } from './tarpit.js';

const settings = { bans: { tarpit: { delaySeconds: 10, connections: 2 } } } as GuardSettings;

let tarpit: Tarpit;
let answered: string[];
beforeEach(() => {
  jest.useFakeTimers();
  tarpit = new Tarpit(settings);
  answered = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** A request that is to be refused, by its name. */
function hold(name: string, socket = new Socket(), headers = {}): ServerResponse {
  const request = Object.assign(new IncomingMessage(socket), { httpVersionMajor: 1 });
  Object.assign(request.headers, headers);
  const response = new ServerResponse(request);
  tarpit.hold(request, response, () => answered.push(name));
  return response;
}

describe('a tarpit', () => {
  it('answers after its time, and closes the connection', () => {
    const response = hold('a');
    jest.advanceTimersByTime(9_999);
    expect(answered).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(answered).toEqual(['a']);
    expect(response.getHeader('connection')).toBe('close');
    response.emit('close');
    jest.advanceTimersByTime(60_000);
    expect(answered).toEqual(['a']);
  });

  it('has so much room, and refuses whoever finds none at once', () => {
    for (const name of ['a', 'b', 'c', 'd']) hold(name);
    expect(answered).toEqual(['c', 'd']);
    jest.advanceTimersByTime(10_000);
    hold('e');
    expect(answered).toEqual(['c', 'd', 'a', 'b']);
  });

  it('lets go of whoever leaves, who makes room', () => {
    hold('a').emit('close');
    hold('b');
    hold('c');
    expect(answered).toEqual([]);
    jest.advanceTimersByTime(10_000);
    expect(answered).toEqual(['b', 'c']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('holds nobody who could leave unseen, behind a body that nobody reads', () => {
    hold('endless', new Socket(), { 'transfer-encoding': 'chunked' });
    hold('large', new Socket(), { 'content-length': '70000' });
    expect(answered).toEqual(['endless', 'large']);
    hold('small', new Socket(), { 'content-length': '700' });
    expect(answered).toEqual(['endless', 'large']);
  });

  it('ends a connection that sends on, and holds its next one', () => {
    const socket = new Socket();
    const first = hold('a', socket);
    hold('b', socket);
    expect(socket.destroyed).toBe(true);
    first.emit('close');
    hold('c');
    jest.advanceTimersByTime(10_000);
    expect(answered).toEqual(['c']);
  });

  it('answers all who wait when the app stops, and holds nobody any more', () => {
    hold('a');
    hold('b');
    tarpit.beforeApplicationShutdown();
    hold('c');
    expect(answered).toEqual(['a', 'b', 'c']);
    expect(jest.getTimerCount()).toBe(0);
  });
});
