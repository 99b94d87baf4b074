import type { AddressInfo, Server } from 'node:net';
import type { INestApplication, INestMicroservice } from '@nestjs/common';
import { ClientProxyFactory, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';

/** A microservice on a free port of the loopback interface. */
export const tcp = (): MicroserviceOptions => ({
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port: 0 },
});

/** A microservice that an app connects, and whoever sends it messages. */
export class Messages {
  #microservice: INestMicroservice | undefined;

  async connect(app: INestApplication, inheritAppConfig: boolean): Promise<void> {
    this.#microservice = app.connectMicroservice(tcp(), { inheritAppConfig });
    await app.startAllMicroservices();
  }

  /** Resolves with the answer. @throws whatever the other side sends as its error */
  ask(pattern: string, data: unknown = {}): Promise<unknown> {
    return this.#with((client) => firstValueFrom(client.send(pattern, data)));
  }

  /** Resolves when the event is sent. */
  emit(pattern: string, data: unknown = {}): Promise<unknown> {
    return this.#with((client) => firstValueFrom(client.emit(pattern, data), { defaultValue: undefined }));
  }

  async #with<T>(use: (client: ReturnType<typeof ClientProxyFactory.create>) => Promise<T>): Promise<T> {
    const { port } = (this.#microservice as INestMicroservice).unwrap<Server>().address() as AddressInfo;
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  }
}
