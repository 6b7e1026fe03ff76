import { TidemarkError } from '@tidemark/domain';
import { createDataSource } from './data-source.js';
import { MIGRATIONS } from './migrations/index.js';

const MIGRATION_LOCK = 0x71de_0001;

/**
 * Brings the schema up to this build, once, however many processes start together. Refuses a database that a newer
 * build has written (`data_newer_than_build`) before it changes anything.
 */
export async function migrate(url: string): Promise<void> {
  // The lock sits on one connection while the migrations take another.
  const database = createDataSource({ url, poolSize: 2, applicationName: 'tidemark-migrate' });
  await database.initialize();
  const lock = database.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await refuseNewerData(lock);
    await database.runMigrations({ transaction: 'all' });
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await lock.release();
    await database.destroy();
  }
}

async function refuseNewerData(connection: { query(sql: string): Promise<unknown> }): Promise<void> {
  const [{ found } = { found: null }] = (await connection.query(`SELECT to_regclass('migrations') AS found`)) as {
    found: string | null;
  }[];
  if (found === null) return;
  const applied = (await connection.query('SELECT name FROM migrations ORDER BY id')) as { name: string }[];
  const known = new Set<string>(MIGRATIONS.map((migration) => migration.name));
  const unknown = applied.find(({ name }) => !known.has(name));
  if (unknown !== undefined) throw new TidemarkError('data_newer_than_build', { unknown: unknown.name });
}
