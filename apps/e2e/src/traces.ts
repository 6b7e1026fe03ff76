import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Instance } from './instance.js';

/** Environment of a process of the instance: who has it can start another process beside it. */
export async function environmentOf(
  instance: Instance,
  role: string,
): Promise<{ readonly [name: string]: string | undefined }> {
  const pid = (await instance.processes()).find((process) => process.role === role)?.pid;
  const text = await readFile(`/proc/${pid}/environ`, 'utf8');
  return Object.fromEntries(
    text
      .split('\0')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** What is in the files below a folder, by path. Uploads that were not finished are nobody's. */
export async function filesIn(folder: string): Promise<{ readonly [path: string]: string }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('~uploads'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = async (path: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await hash(path)] as const)));
}

/** Those that say nothing but that a process is alive, or that somebody has asked something. */
const WHO_IS_ALIVE = ['runners', 'scheduler_leader', 'sweep', 'audit_events', 'api_keys'];
/** What a scheduler notes where nothing changes: that the queue is used, and that checkpoints were read back. */
const UPKEEP = ['queue_used_at', 'queue_seen_at', 'verified_at', 'holds'];

/** Every row of the instance's database that says what is, by table. */
export async function rowsOf(instance: Instance): Promise<{ readonly [table: string]: unknown }> {
  const { TIDEMARK_DATABASE_URL: connectionString } = await environmentOf(instance, 'scheduler');
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ table_name: string }>(
      `SELECT table_name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_name <> ALL($1) ORDER BY table_name`,
      [WHO_IS_ALIVE],
    );
    const tables: [string, unknown][] = [];
    for (const { table_name: table } of rows) {
      const found = await client.query(`SELECT to_jsonb(t) - $1::text[] AS row FROM "${table}" t ORDER BY 1`, [UPKEEP]);
      tables.push([table, found.rows]);
    }
    return Object.fromEntries(tables);
  } finally {
    await client.end();
  }
}
