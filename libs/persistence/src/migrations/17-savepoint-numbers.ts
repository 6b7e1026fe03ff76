import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The number of a savepoint that was let go of was given out again, and a run took it for one that it had answered. */
export class SavepointNumbers1765700000000 implements MigrationInterface {
  readonly name = 'SavepointNumbers1765700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE jobs ADD COLUMN savepoints_asked integer NOT NULL DEFAULT 0');
    await runner.query(
      `UPDATE jobs j SET savepoints_asked = greatest(j.savepoint_wanted, a.number)
         FROM (SELECT s.job_id, max(s.number) AS number FROM savepoints s GROUP BY s.job_id) a
        WHERE a.job_id = j.id`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE jobs DROP COLUMN savepoints_asked');
  }
}
