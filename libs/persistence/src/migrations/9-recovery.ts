import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Savepoints, and orders to go back. */
export class Recovery1764900000000 implements MigrationInterface {
  readonly name = 'Recovery1764900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Checkpoints that somebody has asked for would be kept without a name.'));
  }
}

const STATEMENTS = [
  'ALTER TABLE jobs ADD COLUMN savepoint_wanted integer',

  `CREATE TABLE savepoints (
     id text CONSTRAINT savepoints_pk PRIMARY KEY,
     tenant_id text NOT NULL,
     job_id text NOT NULL CONSTRAINT savepoints_job REFERENCES jobs (id) ON DELETE CASCADE,
     number integer NOT NULL,
     label text NOT NULL,
     status text NOT NULL,
     checkpoint_id text CONSTRAINT savepoints_checkpoint REFERENCES checkpoints (id) ON DELETE CASCADE,
     actor text NOT NULL,
     request_id text,
     requested_at timestamptz NOT NULL DEFAULT now(),
     completed_at timestamptz,
     CONSTRAINT savepoints_number UNIQUE (job_id, number),
     CONSTRAINT savepoints_request UNIQUE (job_id, request_id))`,
  'CREATE INDEX savepoints_by_checkpoint ON savepoints (checkpoint_id)',

  `CREATE TABLE rollbacks (
     id text CONSTRAINT rollbacks_pk PRIMARY KEY,
     tenant_id text NOT NULL,
     job_id text NOT NULL CONSTRAINT rollbacks_job REFERENCES jobs (id) ON DELETE CASCADE,
     checkpoint_id text NOT NULL,
     from_point jsonb NOT NULL,
     to_point jsonb NOT NULL,
     undoes text,
     reason text,
     status text NOT NULL,
     timeline integer,
     actor text NOT NULL,
     request_id text,
     ordered_at timestamptz NOT NULL DEFAULT now(),
     decided_at timestamptz,
     CONSTRAINT rollbacks_request UNIQUE (job_id, request_id))`,
  'CREATE INDEX rollbacks_by_job ON rollbacks (job_id, id)',
];
