import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A fork knew of what the other job had read only what that knew where it stood, and lost it when it went back itself. */
export class ReadByOthers1765900000000 implements MigrationInterface {
  readonly name = 'ReadByOthers1765900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE jobs ADD COLUMN read_by_others jsonb NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE jobs DROP COLUMN read_by_others');
  }
}
