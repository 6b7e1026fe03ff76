import type { DataSource, QueryRunner } from 'typeorm';
import { WORK_CHANNEL } from '../announce.js';

interface NotifyingClient {
  on(event: 'notification', listener: () => void): void;
  once(event: 'end' | 'error', listener: () => void): void;
}

/**
 * Wakes the scheduler when something was announced. It listens on a connection of its own; one that breaks is replaced
 * with the next wait, and counts as news.
 *
 * Owner of the session: this object; its callers are one loop.
 */
export class WorkSignal {
  private session: QueryRunner | undefined;
  private pending = false;
  private wake: (() => void) | undefined;

  constructor(private readonly dataSource: DataSource) {}

  async wait(timeoutMs: number): Promise<void> {
    await this.listen();
    if (!this.pending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    this.pending = false;
  }

  async close(): Promise<void> {
    this.wake?.();
    const session = this.session;
    this.session = undefined;
    if (session === undefined) return;
    await session.query('UNLISTEN *').catch(() => undefined);
    await session.release();
  }

  private async listen(): Promise<void> {
    if (this.session !== undefined) return;
    const session = this.dataSource.createQueryRunner();
    const client = (await session.connect()) as NotifyingClient;
    const ended = (): void => {
      this.session = undefined;
      this.notify();
    };
    client.once('end', ended);
    client.once('error', ended);
    client.on('notification', () => {
      this.notify();
    });
    await session.query(`LISTEN ${WORK_CHANNEL}`);
    this.session = session;
  }

  private notify(): void {
    this.pending = true;
    this.wake?.();
  }
}
