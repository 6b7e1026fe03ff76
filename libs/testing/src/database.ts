import { randomUUID } from 'node:crypto';
import { createDataSource, migrate } from '@tidemark/persistence';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';

const TEMPLATE = 'tidemark_template';
const TEMPLATE_LOCK = 0x71de_0003;

export interface TestDatabase {
  readonly url: string;
  /** Another connection pool to the same database: a second process, as far as Postgres can tell. */
  connect(): Promise<DataSource>;
  drop(): Promise<void>;
}

/** A database of its own for one test: a copy of a template that the real migrations made once. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = serverUrl();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asSuperuser(server, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount === 0) {
      await client.query(`CREATE DATABASE ${TEMPLATE}`);
      await migrate(withDatabase(server, TEMPLATE));
    }
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  });
  const url = withDatabase(server, name);
  const opened: DataSource[] = [];
  return {
    url,
    connect: async () => {
      const database = await createDataSource({ url, poolSize: 10, applicationName: 'tidemark-test' }).initialize();
      opened.push(database);
      return database;
    },
    drop: async () => {
      for (const database of opened) if (database.isInitialized) await database.destroy();
      await asSuperuser(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined)
    throw new Error('TEST_DATABASE_URL is not set: database tests run under vitest\'s "db" project.');
  return url;
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function asSuperuser(server: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
