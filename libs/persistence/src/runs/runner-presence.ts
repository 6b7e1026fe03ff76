import type { RunnerId } from '@tidemark/domain';
import type { DataSource, QueryRunner } from 'typeorm';

/** First key of every runner's advisory lock; the second is a hash of the runner's id. */
export const RUNNER_LOCK_CLASS = 0x71de;

/**
 * A session-level advisory lock on a connection of its own: the operating system closes the socket of a killed process,
 * Postgres drops the lock, and the scheduler sees it long before any lease is over.
 */
export class RunnerPresence {
  private session: QueryRunner | undefined;
  private held = false;

  constructor(private readonly dataSource: DataSource) {}

  async enter(runnerId: RunnerId): Promise<void> {
    const session = this.dataSource.createQueryRunner();
    const client = (await session.connect()) as { once(event: 'end' | 'error', listener: () => void): void };
    const lost = (): void => {
      this.held = false;
    };
    client.once('end', lost);
    client.once('error', lost);
    await session.query('SELECT pg_advisory_lock($1, hashtext($2))', [RUNNER_LOCK_CLASS, runnerId]);
    this.session = session;
    this.held = true;
  }

  /** False once the session has ended: the scheduler may have given this runner up already. */
  isHeld(): boolean {
    return this.held;
  }

  async leave(): Promise<void> {
    this.held = false;
    await this.session?.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await this.session?.release();
    this.session = undefined;
  }
}
