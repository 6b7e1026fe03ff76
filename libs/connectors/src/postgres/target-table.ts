import type { Client } from 'pg';
import { TidemarkError } from '@tidemark/domain';
import { quoted, quotedList } from './identifiers.js';

const COMMITS = 'tidemark_commits';

export interface Target {
  readonly uid: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: { readonly [column: string]: string } | undefined;
  readonly key: readonly string[] | undefined;
}

/** Names of the tables, as they go into statements. */
export const tableName = ({ schema, table }: Target): string => `${quoted(schema)}.${quoted(table)}`;
export const commitsName = ({ schema }: Target): string => `${quoted(schema)}.${quoted(COMMITS)}`;
export const isReserved = (table: string): boolean => table === COMMITS;

/** Creates what is missing: the commit table, and the target if its columns were declared. Throws `sink_refused`. */
export async function ensureTables(client: Client, target: Target): Promise<void> {
  if (await bothExist(client, target)) return;
  await client.query('BEGIN');
  // "IF NOT EXISTS" is no protection against two sinks that create the same table at once.
  await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`${COMMITS} ${target.schema}`]);
  await client.query(`CREATE TABLE IF NOT EXISTS ${commitsName(target)} (
    job_id text NOT NULL,
    sink_uid text NOT NULL,
    timeline bigint NOT NULL,
    batch_id bigint NOT NULL,
    batch_time timestamptz NOT NULL,
    rows bigint NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, sink_uid, timeline)
  )`);
  if (target.columns !== undefined) await client.query(createTarget(target, target.columns));
  await client.query('COMMIT');
}

/** Columns of the target, or an empty set if there is no such table. */
export async function columnsOf(client: Client, target: Target): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    [tableName(target)],
  );
  return new Set(rows.map(({ name }) => name));
}

/** Throws `sink_refused` when the target is not there. */
export async function requireTarget(client: Client, target: Target): Promise<void> {
  if ((await columnsOf(client, target)).size > 0) return;
  const reason = `there is no table ${tableName(target)}; create it, or give "columns" and it will be created`;
  throw new TidemarkError('sink_refused', { sink: target.uid, reason });
}

/** Asked first: somebody who may only write rows may not even say CREATE TABLE IF NOT EXISTS. */
async function bothExist(client: Client, target: Target): Promise<boolean> {
  const { rows } = await client.query<{ commits: boolean; target: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS commits, to_regclass($2) IS NOT NULL AS target',
    [commitsName(target), tableName(target)],
  );
  return rows[0]?.commits === true && (rows[0].target || target.columns === undefined);
}

function createTarget(target: Target, columns: { readonly [column: string]: string }): string {
  const parts = Object.entries(columns).map(([name, type]) => `${quoted(name)} ${type}`);
  if (target.key !== undefined) parts.push(`PRIMARY KEY (${quotedList(target.key)})`);
  return `CREATE TABLE IF NOT EXISTS ${tableName(target)} (${parts.join(', ')})`;
}
