export { createTestDatabase, type TestDatabase } from './database.js';
export { postgresTest } from './postgres-test.js';
export * from './faults.js';
