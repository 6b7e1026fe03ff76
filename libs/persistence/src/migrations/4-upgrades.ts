import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Plans of upgrades, what was said of the state that a revision takes over, and the revision that waits for a decision. */
export class Upgrades1764300000000 implements MigrationInterface {
  readonly name = 'Upgrades1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE revisions ADD COLUMN options jsonb');
    await runner.query('ALTER TABLE jobs ADD COLUMN upgrade jsonb');
    await runner.query(
      `CREATE TABLE upgrade_plans (
         id text CONSTRAINT upgrade_plans_pk PRIMARY KEY,
         tenant_id text NOT NULL,
         job_id text NOT NULL CONSTRAINT upgrade_plans_job REFERENCES jobs (id) ON DELETE CASCADE,
         revision integer NOT NULL,
         checkpoint_id text,
         bundle_digest text NOT NULL,
         config jsonb NOT NULL,
         options jsonb NOT NULL,
         plan jsonb NOT NULL,
         actor text NOT NULL,
         created_at timestamptz NOT NULL DEFAULT now())`,
    );
    await runner.query('CREATE INDEX upgrade_plans_by_job ON upgrade_plans (job_id, id)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('What was said about the state of revisions would be forgotten.'));
  }
}
