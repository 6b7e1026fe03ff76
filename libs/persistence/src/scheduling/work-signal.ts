import type { DataSource, QueryRunner } from 'typeorm';
import { WORK_CHANNEL } from '../announce.js';

interface NotifyingClient {
  on(event: 'notification', listener: () => void): void;
  once(event: 'end' | 'error', listener: () => void): void;
}

/**
 * One session on a connection of its own that listens for work and holds the leader's advisory lock. When the session
 * breaks, leadership is over with it and the next call opens another.
 *
 * Owner of the session: this object; its callers are one loop.
 */
export class WorkSignal {
  private session: QueryRunner | undefined;
  private leading = false;
  private pending = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly leaderLock: number,
  ) {}

  async whileLeading(work: () => Promise<void>): Promise<boolean> {
    const session = await this.connected();
    if (!this.leading) {
      const [row] = (await session.query('SELECT pg_try_advisory_lock($1) AS leading', [this.leaderLock])) as {
        leading: boolean;
      }[];
      this.leading = row?.leading === true;
    }
    if (!this.leading) return false;
    await work();
    return true;
  }

  async wait(timeoutMs: number): Promise<void> {
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
    await session.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await session.query('UNLISTEN *').catch(() => undefined);
    await session.release();
  }

  private async connected(): Promise<QueryRunner> {
    if (this.session !== undefined) return this.session;
    const session = this.dataSource.createQueryRunner();
    const client = (await session.connect()) as NotifyingClient;
    const ended = (): void => {
      this.session = undefined;
      this.leading = false;
      this.notify();
    };
    client.once('end', ended);
    client.once('error', ended);
    client.on('notification', () => {
      this.notify();
    });
    await session.query(`LISTEN ${WORK_CHANNEL}`);
    this.session = session;
    return session;
  }

  private notify(): void {
    this.pending = true;
    this.wake?.();
  }
}
