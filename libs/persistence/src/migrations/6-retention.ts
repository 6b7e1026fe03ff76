import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Limits on what is kept, what holds on to a checkpoint, when it was read back, and where the sweep stands. */
export class Retention1764600000000 implements MigrationInterface {
  readonly name = 'Retention1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('A build that does not know pins would collect what is held by one.'));
  }
}

const STATEMENTS = [
  `ALTER TABLE checkpoints
     ADD COLUMN own_bytes bigint NOT NULL DEFAULT 0,
     ADD COLUMN verified_at timestamptz`,
  // The bytes of a checkpoint's state are those of the last one that it builds on, and its own.
  `UPDATE checkpoints c
      SET own_bytes = greatest(0, c.state_bytes - coalesce((SELECT b.state_bytes FROM checkpoints b
                                                             WHERE b.path = c.builds_on[cardinality(c.builds_on)]), 0))
    WHERE c.status IN ('complete', 'corrupt')`,

  `CREATE TABLE checkpoint_pins (
     checkpoint_id text NOT NULL CONSTRAINT checkpoint_pins_checkpoint REFERENCES checkpoints (id) ON DELETE CASCADE,
     owner text NOT NULL,
     reason text NOT NULL,
     for_job_id text NOT NULL CONSTRAINT checkpoint_pins_job REFERENCES jobs (id) ON DELETE CASCADE,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT checkpoint_pins_pk PRIMARY KEY (checkpoint_id, owner))`,
  `CREATE INDEX checkpoint_pins_by_owner ON checkpoint_pins (owner)`,
  `CREATE INDEX checkpoint_pins_by_job ON checkpoint_pins (for_job_id)`,

  `CREATE TABLE job_retention (
     job_id text CONSTRAINT job_retention_pk PRIMARY KEY CONSTRAINT job_retention_job REFERENCES jobs (id) ON DELETE CASCADE,
     checkpoints integer,
     age_ms bigint,
     bytes bigint)`,

  `CREATE TABLE tenant_retention (
     tenant_id text CONSTRAINT tenant_retention_pk PRIMARY KEY
       CONSTRAINT tenant_retention_tenant REFERENCES tenants (id),
     checkpoints integer,
     age_ms bigint,
     bytes bigint)`,

  `CREATE TABLE quota_pressure (
     tenant_id text CONSTRAINT quota_pressure_pk PRIMARY KEY
       CONSTRAINT quota_pressure_tenant REFERENCES tenants (id),
     bytes bigint NOT NULL,
     quota_bytes bigint NOT NULL,
     stretch integer NOT NULL,
     since timestamptz NOT NULL DEFAULT now())`,

  `CREATE TABLE orphans (
     path text CONSTRAINT orphans_pk PRIMARY KEY,
     tenant_id text NOT NULL,
     job_id text NOT NULL,
     part text NOT NULL,
     objects text[] NOT NULL,
     found_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX orphans_by_job ON orphans (job_id, part)`,

  `CREATE TABLE sweep (
     name text CONSTRAINT sweep_pk PRIMARY KEY,
     position jsonb,
     moved_at timestamptz NOT NULL DEFAULT now())`,
];
