import { test } from 'vitest';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from './database.js';

/** A test with a migrated database of its own, and one connection pool to it. */
export const postgresTest = test.extend<{ database: TestDatabase; dataSource: DataSource }>({
  // eslint wants a destructured first argument here: vitest reads the names of the fixtures that it needs from it.
  database: async ({}, use) => {
    const database = await createTestDatabase();
    await use(database);
    await database.drop();
  },
  dataSource: async ({ database }, use) => {
    await use(await database.connect());
  },
});
