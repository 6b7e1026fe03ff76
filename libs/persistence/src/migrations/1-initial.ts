import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every table of format 1. `jobs` and `batches` are written with every batch: room is left for in-place updates. */
export class Initial1763800000000 implements MigrationInterface {
  readonly name = 'Initial1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('The first migration cannot be undone: it would drop all data.'));
  }
}

const STATEMENTS = [
  `CREATE TABLE tenants (
     id text CONSTRAINT tenants_pk PRIMARY KEY,
     name text NOT NULL CONSTRAINT tenants_name UNIQUE,
     created_at timestamptz NOT NULL DEFAULT now())`,

  `CREATE TABLE api_keys (
     id text CONSTRAINT api_keys_pk PRIMARY KEY,
     tenant_id text CONSTRAINT api_keys_tenant REFERENCES tenants (id),
     role text NOT NULL,
     sha256 text NOT NULL CONSTRAINT api_keys_sha256 UNIQUE,
     label text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     revoked_at timestamptz)`,

  `CREATE TABLE bundles (
     tenant_id text NOT NULL CONSTRAINT bundles_tenant REFERENCES tenants (id),
     digest text NOT NULL,
     bytes integer NOT NULL,
     manifest jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT bundles_pk PRIMARY KEY (tenant_id, digest))`,

  `CREATE TABLE jobs (
     id text CONSTRAINT jobs_pk PRIMARY KEY,
     tenant_id text NOT NULL CONSTRAINT jobs_tenant REFERENCES tenants (id),
     name text NOT NULL,
     desired text NOT NULL,
     status text NOT NULL,
     status_since timestamptz NOT NULL DEFAULT now(),
     status_code text,
     status_reason text,
     revision integer NOT NULL,
     epoch bigint NOT NULL DEFAULT 0,
     timeline integer NOT NULL DEFAULT 1,
     base_batch_id bigint NOT NULL DEFAULT 0,
     base_batch_time_ms bigint,
     base_offsets jsonb NOT NULL DEFAULT '{}',
     last_timeline integer,
     last_batch_id bigint,
     last_batch_time_ms bigint,
     last_committed_at timestamptz,
     last_offsets jsonb,
     current_run_id text,
     attempts integer NOT NULL DEFAULT 0,
     retry_at timestamptz,
     start_trigger text NOT NULL DEFAULT 'first_start',
     start_actor text NOT NULL,
     trace text,
     request_id text,
     version integer NOT NULL DEFAULT 1,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT jobs_tenant_name UNIQUE (tenant_id, name),
     CONSTRAINT jobs_request UNIQUE (tenant_id, request_id))
   WITH (fillfactor = 50)`,
  `CREATE INDEX jobs_by_desired_status ON jobs (desired, status)`,

  `CREATE TABLE revisions (
     job_id text NOT NULL CONSTRAINT revisions_job REFERENCES jobs (id) ON DELETE CASCADE,
     number integer NOT NULL,
     tenant_id text NOT NULL,
     bundle_digest text NOT NULL,
     config jsonb NOT NULL,
     request_id text,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT revisions_pk PRIMARY KEY (job_id, number),
     CONSTRAINT revisions_request UNIQUE (job_id, request_id))`,

  `CREATE TABLE runners (
     id text CONSTRAINT runners_pk PRIMARY KEY,
     host text NOT NULL,
     pid integer NOT NULL,
     slots integer NOT NULL,
     status text NOT NULL,
     sandbox jsonb NOT NULL,
     started_at timestamptz NOT NULL DEFAULT now(),
     heartbeat_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX runners_by_status ON runners (status)`,

  `CREATE TABLE runs (
     id text CONSTRAINT runs_pk PRIMARY KEY,
     tenant_id text NOT NULL,
     job_id text NOT NULL CONSTRAINT runs_job REFERENCES jobs (id) ON DELETE CASCADE,
     revision integer NOT NULL,
     status text NOT NULL,
     runner_id text,
     epoch bigint,
     trace text,
     created_at timestamptz NOT NULL DEFAULT now(),
     claimed_at timestamptz,
     ended_at timestamptz,
     end_reason text)`,
  `CREATE INDEX runs_by_job ON runs (job_id, id)`,
  `CREATE INDEX runs_by_status ON runs (status, runner_id)`,

  `CREATE TABLE batches (
     job_id text NOT NULL CONSTRAINT batches_job REFERENCES jobs (id) ON DELETE CASCADE,
     timeline integer NOT NULL,
     batch_id bigint NOT NULL,
     tenant_id text NOT NULL,
     batch_time_ms bigint NOT NULL,
     ranges jsonb NOT NULL,
     planned_epoch bigint NOT NULL,
     planned_at timestamptz NOT NULL,
     committed_epoch bigint,
     committed_at timestamptz,
     next_offsets jsonb,
     records_in bigint,
     records_out bigint,
     records_skipped bigint,
     processing_ms bigint,
     scheduling_delay_ms bigint,
     CONSTRAINT batches_pk PRIMARY KEY (job_id, timeline, batch_id))
   WITH (fillfactor = 60)`,

  `CREATE TABLE checkpoints (
     id text CONSTRAINT checkpoints_pk PRIMARY KEY,
     tenant_id text NOT NULL,
     job_id text NOT NULL CONSTRAINT checkpoints_job REFERENCES jobs (id) ON DELETE CASCADE,
     timeline integer NOT NULL,
     batch_id bigint NOT NULL,
     batch_time_ms bigint NOT NULL,
     epoch bigint NOT NULL,
     revision integer NOT NULL,
     bundle_digest text NOT NULL,
     status text NOT NULL,
     status_reason text,
     kind text NOT NULL,
     path text NOT NULL CONSTRAINT checkpoints_path UNIQUE,
     manifest_sha256 text,
     offsets jsonb NOT NULL,
     shapes jsonb NOT NULL,
     state_rows bigint NOT NULL DEFAULT 0,
     state_bytes bigint NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT now(),
     completed_at timestamptz)`,
  `CREATE INDEX checkpoints_by_job ON checkpoints (job_id, timeline, batch_id)`,
  `CREATE INDEX checkpoints_by_status ON checkpoints (status)`,

  `CREATE TABLE restore_decisions (
     id text CONSTRAINT restore_decisions_pk PRIMARY KEY,
     tenant_id text NOT NULL,
     job_id text NOT NULL CONSTRAINT restore_decisions_job REFERENCES jobs (id) ON DELETE CASCADE,
     run_id text NOT NULL,
     trigger text NOT NULL,
     policy text NOT NULL,
     candidates jsonb NOT NULL,
     verdict jsonb NOT NULL,
     actor text NOT NULL,
     decided_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX restore_decisions_by_job ON restore_decisions (job_id, id)`,
  `CREATE INDEX restore_decisions_by_run ON restore_decisions (run_id)`,

  `CREATE TABLE job_events (
     seq bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT job_events_pk PRIMARY KEY,
     tenant_id text NOT NULL,
     job_id text NOT NULL CONSTRAINT job_events_job REFERENCES jobs (id) ON DELETE CASCADE,
     at timestamptz NOT NULL,
     type text NOT NULL,
     data jsonb NOT NULL,
     dedup_key text,
     xid text NOT NULL,
     CONSTRAINT job_events_dedup UNIQUE (job_id, dedup_key))`,
  `CREATE INDEX job_events_by_job ON job_events (job_id, seq)`,

  `CREATE TABLE outbox (
     id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT outbox_pk PRIMARY KEY,
     topic text NOT NULL,
     payload jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,

  `CREATE TABLE scheduler_leader (
     role text CONSTRAINT scheduler_leader_pk PRIMARY KEY,
     holder text NOT NULL,
     renewed_at timestamptz NOT NULL)`,

  `CREATE TABLE idempotency_keys (
     tenant_id text NOT NULL,
     key text NOT NULL,
     request_sha256 text NOT NULL,
     status integer,
     body jsonb,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT idempotency_keys_pk PRIMARY KEY (tenant_id, key))`,
  `CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)`,
];
