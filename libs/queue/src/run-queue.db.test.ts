import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { afterAll } from 'vitest';
import { runQueueContract } from './run-queue.contract.js';

const databases: TestDatabase[] = [];

afterAll(async () => {
  for (const database of databases) await database.drop();
});

runQueueContract('Postgres', async () => {
  const database = await createTestDatabase();
  databases.push(database);
  return { kind: 'postgres', url: database.url };
});
