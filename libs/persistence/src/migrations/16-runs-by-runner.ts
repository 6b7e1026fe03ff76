import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a runner that is gone still has runs was asked of all of them, with every collection. */
export class RunsByRunner1765600000000 implements MigrationInterface {
  readonly name = 'RunsByRunner1765600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX runs_by_runner ON runs (runner_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX runs_by_runner');
  }
}
