export { createTestDatabase, type TestDatabase } from './database.js';
export { postgresTest } from './postgres-test.js';
export { freeze, familyOf } from './faults/freezer.js';
export { PostgresProxy } from './faults/postgres-proxy.js';
export { hasRedis, ownPostgres, ownRedis, type OwnRedis } from './faults/servers.js';
export { ShiftedClock, whyNoShiftedClocks } from './faults/shifted-clock.js';
export { mountSmallDisk } from './faults/small-disk.js';
export { TcpProxy } from './faults/tcp-proxy.js';
