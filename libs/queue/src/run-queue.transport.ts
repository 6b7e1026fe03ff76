import type { CustomTransportStrategy } from '@nestjs/microservices';
import { Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { openWorker, type OpenedWorker, type QueueAddress } from './connection.js';
import { parseRunMessage, QUEUES } from './queues.js';

interface RunQueueEvents extends Record<string, (...values: never[]) => void> {
  error: (error: Error) => void;
}

/**
 * The receiving end of the run queue, as a NestJS transport: a message reaches the handler of its pattern, and holds one
 * of `concurrency` places until the handler's promise settles.
 */
export class RunQueueTransport extends Server<RunQueueEvents> implements CustomTransportStrategy {
  private worker: OpenedWorker | undefined;

  constructor(
    private readonly address: QueueAddress,
    private readonly concurrency: number,
  ) {
    super();
  }

  listen(callback: () => void): void {
    this.worker = openWorker(this.address, (entry) => this.deliver(entry.name, entry.data), {
      concurrency: this.concurrency,
      onError: (error) => {
        this.logger.warn(`The run queue cannot be reached: ${error.message}`);
      },
    });
    callback();
  }

  /** Takes no more messages. Those under way go on. */
  async pause(): Promise<void> {
    await this.worker?.pause();
  }

  async close(): Promise<void> {
    await this.worker?.close();
  }

  on(): void {
    // Connection events are logged in `listen`; nobody else subscribes.
  }

  unwrap<T>(): T {
    throw new Error('The run queue has no underlying server to hand out.');
  }

  private async deliver(pattern: string, data: unknown): Promise<void> {
    const message = parseRunMessage(data);
    const handler = this.getHandlerByPattern(pattern);
    if (message === undefined || handler === null || pattern !== QUEUES.runs.pattern) {
      this.logger.warn(`A queue entry that is no run message was dropped (pattern "${pattern}").`);
      return;
    }
    await lastValueFrom(this.transformToObservable(await handler(message)), { defaultValue: undefined });
  }
}
