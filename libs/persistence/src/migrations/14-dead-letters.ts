import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Records that were set aside, and after what each timeline of a job goes on: which of them count says that. */
export class DeadLetters1765400000000 implements MigrationInterface {
  readonly name = 'DeadLetters1765400000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Records that were set aside are nowhere else in a form to be read again.'));
  }
}

const STATEMENTS = [
  'ALTER TABLE batches ADD COLUMN records_dead_lettered bigint',
  'ALTER TABLE batches ADD COLUMN set_aside jsonb',
  'ALTER TABLE batches ADD COLUMN is_settled boolean',
  'ALTER TABLE batches ADD COLUMN poison_search jsonb',
  'ALTER TABLE batches ADD COLUMN redriven jsonb',
  'ALTER TABLE jobs ADD COLUMN redrive_wanted boolean NOT NULL DEFAULT false',

  `CREATE TABLE timelines (
     job_id text NOT NULL CONSTRAINT timelines_job REFERENCES jobs (id) ON DELETE CASCADE,
     timeline integer NOT NULL,
     base_timeline integer NOT NULL,
     base_batch_id bigint NOT NULL,
     CONSTRAINT timelines_pk PRIMARY KEY (job_id, timeline))`,
  // Of timelines that were left before, nothing can have been set aside.
  `INSERT INTO timelines (job_id, timeline, base_timeline, base_batch_id)
     SELECT id, timeline, base_timeline, base_batch_id FROM jobs WHERE base_timeline IS NOT NULL AND base_timeline <> timeline`,

  `CREATE TABLE dead_letters (
     id text CONSTRAINT dead_letters_pk PRIMARY KEY,
     tenant_id text NOT NULL,
     job_id text NOT NULL CONSTRAINT dead_letters_job REFERENCES jobs (id) ON DELETE CASCADE,
     timeline integer NOT NULL,
     batch_id bigint NOT NULL,
     source text NOT NULL,
     partition text NOT NULL,
     record_offset bigint NOT NULL,
     code text NOT NULL,
     reason text NOT NULL,
     bytes bytea NOT NULL,
     bytes_total bigint NOT NULL,
     status text NOT NULL,
     returns integer NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT now(),
     settled_at timestamptz,
     CONSTRAINT dead_letters_record UNIQUE (job_id, timeline, source, partition, record_offset))`,
  // On each timeline a letter can have been read again by another batch, and a rollback can be undone.
  `CREATE TABLE dead_letter_redrives (
     letter_id text NOT NULL CONSTRAINT dead_letter_redrives_letter REFERENCES dead_letters (id) ON DELETE CASCADE,
     timeline integer NOT NULL,
     batch_id bigint NOT NULL,
     at timestamptz NOT NULL,
     CONSTRAINT dead_letter_redrives_pk PRIMARY KEY (letter_id, timeline, batch_id))`,
  `CREATE INDEX dead_letters_by_job ON dead_letters (job_id, id)`,
  `CREATE INDEX dead_letters_by_status ON dead_letters (job_id, status)`,
];
