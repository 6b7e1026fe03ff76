import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a run of a job that skips downtimes is told was read out of every timeline that the job had left, at each claim. */
export class ReachedBefore1765800000000 implements MigrationInterface {
  readonly name = 'ReachedBefore1765800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE timelines ADD COLUMN reached_before jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE timelines DROP COLUMN reached_before');
  }
}
