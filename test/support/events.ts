import type { INestApplication } from '@nestjs/common';
import { type SecurityEvent, SecurityEvents } from '@portcullis/auth';

type EventOf<Type extends SecurityEvent['type']> = Extract<SecurityEvent, { type: Type }>;

/** Everything that an app reports, and a way to wait for what it reports when a response is over. */
export class EventRecorder {
  readonly all: SecurityEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(app: INestApplication) {
    app.get(SecurityEvents).subscribe((event) => {
      this.all.push(event);
      for (const check of [...this.#waiting]) check();
    });
  }

  /** The events of one type so far. */
  of<Type extends SecurityEvent['type']>(type: Type): EventOf<Type>[] {
    return this.all.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** Resolves with the first events of one type, once there are as many. */
  async first<Type extends SecurityEvent['type']>(type: Type, count = 1): Promise<EventOf<Type>[]> {
    await this.#until(() => this.of(type).length >= count);
    return this.of(type).slice(0, count);
  }

  /** Resolves with the event of one type that is about the given request, by the `requestId` of its body. */
  async about<Type extends 'request.refused' | 'address.struck'>(
    type: Type,
    requestId: string,
  ): Promise<EventOf<Type>> {
    const find = () =>
      this.all.find(
        (event) => event.type === type && 'request' in event && event.request.requestId === requestId,
      );
    await this.#until(() => find() !== undefined);
    return find() as EventOf<Type>;
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}
