import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Checkpoints that build on others. Those that there are already are whole: they build on nothing. */
export class DeltaCheckpoints1764100000000 implements MigrationInterface {
  readonly name = 'DeltaCheckpoints1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE checkpoints
         ADD COLUMN builds_on text[] NOT NULL DEFAULT '{}',
         ADD COLUMN holds integer NOT NULL DEFAULT 0`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('A build that does not know deltas would collect the bases that they need.'));
  }
}
