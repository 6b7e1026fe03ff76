import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@tidemark/embedded-postgres';

/**
 * Vitest's global setup of the `db` tests: one Postgres for all of them, found by every worker as `TEST_DATABASE_URL`.
 * Set that variable to use a server of your own; its superuser creates a database for every test file.
 */
export default async function startServer(): Promise<() => Promise<void>> {
  if (process.env['TEST_DATABASE_URL'] !== undefined) return async () => undefined;
  const home = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
  const postgres = await startPostgres({
    dataDir: join(home, 'postgres'),
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '300' },
  });
  process.env['TEST_DATABASE_URL'] = postgres.url;
  return async () => {
    await postgres.stop();
    delete process.env['TEST_DATABASE_URL'];
    await rm(home, { recursive: true, force: true });
  };
}
