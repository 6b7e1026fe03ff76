import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where a timeline begins that does not begin with empty state, what offsets are positions of, and from what the next
 * start was ordered to begin.
 */
export class StartModes1764500000000 implements MigrationInterface {
  readonly name = 'StartModes1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE jobs
         ADD COLUMN base_identities jsonb NOT NULL DEFAULT '{}',
         ADD COLUMN base_checkpoint_id text,
         ADD COLUMN last_identities jsonb NOT NULL DEFAULT '{}',
         ADD COLUMN start_mode jsonb`,
    );
    await runner.query(`ALTER TABLE checkpoints ADD COLUMN identities jsonb NOT NULL DEFAULT '{}'`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('A timeline that begins with the state of a checkpoint would begin with none.'));
  }
}
