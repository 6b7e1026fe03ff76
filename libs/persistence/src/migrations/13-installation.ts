import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which object store and which queue go with this database, and what was seen of jobs that the database does not know of. */
export class Installation1765300000000 implements MigrationInterface {
  readonly name = 'Installation1765300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error("A store of another installation would be taken for this one's."));
  }
}

const STATEMENTS = [
  // The id is made by the first process that asks for it: a copy of an empty database is another installation.
  `CREATE TABLE installation (
     name text CONSTRAINT installation_pk PRIMARY KEY,
     id text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     store_marked_at timestamptz,
     queue_kind text CONSTRAINT installation_queue_kind_check CHECK (queue_kind IN ('postgres', 'redis')),
     queue_id text,
     queue_used_at timestamptz,
     queue_seen_at timestamptz)`,
  'ALTER TABLE jobs ADD COLUMN regressed jsonb',
];
