import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Says of each migration whether a build that does not know it may run: see `migrate`. */
export class OlderBuilds1765500000000 implements MigrationInterface {
  readonly name = 'OlderBuilds1765500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE migrations ADD COLUMN older_builds text NOT NULL DEFAULT 'refused'
         CONSTRAINT migrations_older_builds_check CHECK (older_builds IN ('refused', 'run'))`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('A build that may not run would start.'));
  }
}
