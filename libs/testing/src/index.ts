export { createTestDatabase, type TestDatabase } from './database.js';
export { postgresTest } from './postgres-test.js';
export {
  hasRedis,
  ownPostgres,
  ownRedis,
  PostgresProxy,
  ShiftedClock,
  TcpProxy,
  whyNoShiftedClocks,
  type OwnRedis,
  type OwnServer,
} from './faults.js';
