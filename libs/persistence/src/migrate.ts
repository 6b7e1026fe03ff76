import { TidemarkError } from '@tidemark/domain';
import { Client } from 'pg';
import { createDataSource } from './data-source.js';
import { MIGRATIONS } from './migrations/index.js';

const MIGRATION_LOCK = 0x71de_0001;
const CONNECT_MS_MAX = 10_000;

/**
 * Brings the schema up to this build, once, however many processes start together. Refuses a database that a newer
 * build has written (`data_newer_than_build`) before it changes anything.
 */
export async function migrate(url: string): Promise<void> {
  // Almost every start finds the schema as it should be: that takes one connection and one question.
  if (await isUpToDate(url)) return;
  // The lock sits on one connection while the migrations take another. Neither is bounded: both may take their time.
  const database = createDataSource({ url, poolSize: 2, applicationName: 'tidemark-migrate' }, {});
  await database.initialize();
  const lock = database.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await database.runMigrations({ transaction: 'all' });
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await lock.release();
    await database.destroy();
  }
}

/** What was applied stays applied, so this needs no lock. */
async function isUpToDate(url: string): Promise<boolean> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    application_name: 'tidemark-migrate',
  });
  await client.connect();
  try {
    const applied = await appliedMigrations(client);
    const known = MIGRATIONS.map(({ name }) => name);
    const unknown = applied.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new TidemarkError('data_newer_than_build', { unknown });
    return known.every((name) => applied.includes(name));
  } finally {
    await client.end();
  }
}

async function appliedMigrations(client: Client): Promise<readonly string[]> {
  const { rows: tables } = await client.query<{ found: string | null }>(`SELECT to_regclass('migrations') AS found`);
  if ((tables[0]?.found ?? null) === null) return [];
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id');
  return rows.map(({ name }) => name);
}
