import type { MigrationInterface, QueryRunner } from 'typeorm';

/** After a batch of which timeline the job's timeline goes on: sinks say so to their readers. */
export class Timelines1764700000000 implements MigrationInterface {
  readonly name = 'Timelines1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE jobs ADD COLUMN base_timeline integer');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Readers would take what a rollback has taken back for what counts.'));
  }
}
