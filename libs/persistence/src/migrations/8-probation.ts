import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A revision that may still turn out to be worse than the one before, and the way back. */
export class Probation1764800000000 implements MigrationInterface {
  readonly name = 'Probation1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE jobs ADD COLUMN probation jsonb');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('A revision on probation could not go back any more.'));
  }
}
