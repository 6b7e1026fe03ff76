import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The ranges that a plan passes over, for the downtime policy `skip`. */
export class SkippedRanges1764200000000 implements MigrationInterface {
  readonly name = 'SkippedRanges1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE batches ADD COLUMN skipped jsonb');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('What was passed over would be forgotten.'));
  }
}
