import { randomBytes } from 'node:crypto';
import type { RunningPostgres } from '@tidemark/embedded-postgres';
import { Client } from 'pg';

export interface DatabaseUrls {
  /** Tidemark's own rows and queue. */
  readonly tidemark: string;
  /** What the tenant `local` reaches as its connection `local`. */
  readonly warehouse: string;
}

/**
 * Makes sure of both databases, each owned by a role that cannot enter the other. Passwords are new at every start: only
 * processes of this instance use them, and they are told.
 */
export async function ensureDatabases(postgres: RunningPostgres): Promise<DatabaseUrls> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return {
      tidemark: await ensureDatabase(client, postgres, 'tidemark'),
      warehouse: await ensureDatabase(client, postgres, 'warehouse'),
    };
  } finally {
    await client.end();
  }
}

async function ensureDatabase(
  client: Client,
  postgres: RunningPostgres,
  name: 'tidemark' | 'warehouse',
): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  await client.query(`${role.rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${name} LOGIN PASSWORD '${password}'`);
  const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (database.rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
  return postgres.urlOf(name, { name, password });
}
