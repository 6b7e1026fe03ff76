import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was asked of the service, by whom, and what became of it. */
export class Audit1765200000000 implements MigrationInterface {
  readonly name = 'Audit1765200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('What was written to the audit trail would be lost.'));
  }
}

const STATEMENTS = [
  // No foreign keys: the trail outlives the jobs and keys that it names.
  `CREATE TABLE audit_events (
     id text CONSTRAINT audit_events_pk PRIMARY KEY,
     at timestamptz NOT NULL DEFAULT now(),
     tenant_id text,
     actor_key_id text NOT NULL,
     actor_label text NOT NULL,
     actor_role text NOT NULL,
     operation text NOT NULL,
     method text NOT NULL,
     path text NOT NULL,
     job_id text,
     trace_id text,
     result_id text,
     status integer,
     error_code text,
     ended_at timestamptz)`,
  `CREATE INDEX audit_events_by_tenant ON audit_events (tenant_id, id)`,
  `CREATE INDEX audit_events_by_job ON audit_events (job_id, id)`,
  `CREATE INDEX audit_events_by_result ON audit_events (result_id)`,
  `CREATE INDEX audit_events_by_actor ON audit_events (actor_key_id, id)`,
  `CREATE INDEX audit_events_by_age ON audit_events (at)`,
];
