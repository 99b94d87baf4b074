import type { IncomingMessage, Server } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BanCheck } from '../bans/ban-check.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';

const NOT_IMPLEMENTED = 501;
const ANSWER = `HTTP/1.1 ${NOT_IMPLEMENTED} Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;

/**
 * Refuses `CONNECT`, by which a proxy is asked for a tunnel: Node hands it to no framework and closes the connection, so that nobody would
 * count who tries. An app that listens for it, since it is a proxy, is left alone.
 */
@Injectable()
export class ConnectRequests implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly lifecycle: RequestLifecycle,
    private readonly banCheck: BanCheck,
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
  ) {}

  onModuleInit(): void {
    const server: Server | undefined = this.host.httpAdapter?.getHttpServer();
    server?.on('connect', (request: IncomingMessage, answerer: Socket | Http2ServerResponse) => {
      if (server.listenerCount('connect') === 1) this.#refuse(request, answerer);
    });
  }

  #refuse(head: IncomingMessage, answerer: Socket | Http2ServerResponse): void {
    const request = this.lifecycle.begin(head);
    const banned = this.settings.bans.global ? this.banCheck.screen(request) : undefined;
    if (banned === undefined) this.lifecycle.settle(request, NOT_IMPLEMENTED);
    else request.refuse(banned);
    if ('writeHead' in answerer) answerer.writeHead(banned?.getStatus() ?? NOT_IMPLEMENTED).end();
    else close(answerer, banned === undefined ? ANSWER : '');
  }
}

/** Nobody else has the socket in hand any more: an error on it would end the process. */
function close(socket: Socket, text: string): void {
  socket.on('error', () => {});
  socket.write(text);
  socket.destroySoon();
}
