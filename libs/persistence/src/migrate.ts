import { TidemarkError } from '@tidemark/domain';
import { Client } from 'pg';
import { createDataSource } from './data-source.js';
import { ADDITIVE_MIGRATIONS, MIGRATIONS } from './migrations/index.js';

const MIGRATION_LOCK = 0x71de_0001;
const CONNECT_MS_MAX = 10_000;

/**
 * Brings the schema up to this build, once, however many processes start together. A database that a newer build has
 * written is taken as it is if that build has said of all that is new to this one that older builds run with it, and is
 * refused before anything is changed otherwise (`data_newer_than_build`).
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
    // Somebody else may have held it, of a newer build too.
    if (await isUpToDate(url)) return;
    await database.runMigrations({ transaction: 'all' });
    // Until then older builds are refused, which is the safe side of an end in between.
    await lock.query(`UPDATE migrations SET older_builds = 'run' WHERE name = ANY($1)`, [ADDITIVE_MIGRATIONS]);
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await lock.release();
    await database.destroy();
  }
}

interface Applied {
  readonly name: string;
  /** Null of databases that do not say it yet. */
  readonly olderBuilds: 'refused' | 'run' | null;
}

/** What was applied stays applied, so a yes needs no lock. */
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
    const refusing = applied.find(({ name, olderBuilds }) => !known.includes(name) && olderBuilds !== 'run');
    if (refusing !== undefined) throw new TidemarkError('data_newer_than_build', { unknown: refusing.name });
    return known.every((wanted) => applied.some((one) => one.name === wanted && isMarked(one)));
  } finally {
    await client.end();
  }
}

const isMarked = ({ name, olderBuilds }: Applied): boolean =>
  olderBuilds === 'run' || !ADDITIVE_MIGRATIONS.includes(name);

async function appliedMigrations(client: Client): Promise<readonly Applied[]> {
  const { rows: tables } = await client.query<{ found: string | null }>(`SELECT to_regclass('migrations') AS found`);
  if ((tables[0]?.found ?? null) === null) return [];
  // By way of the whole row, because an older database has no such column.
  const { rows } = await client.query<Applied>(
    `SELECT name, to_jsonb(m) ->> 'older_builds' AS "olderBuilds" FROM migrations m ORDER BY id`,
  );
  return rows;
}
