// What disturbs processes and servers, for whoever is no test: the rest of this library needs the test runner.
export { freeze, familyOf } from './faults/freezer.js';
export { PostgresProxy } from './faults/postgres-proxy.js';
export { askRedis, hasRedis, ownPostgres, ownRedis, type OwnRedis, type OwnServer } from './faults/servers.js';
export { ShiftedClock, whyNoShiftedClocks } from './faults/shifted-clock.js';
export { mountSmallDisk, type SmallDisk } from './faults/small-disk.js';
export { TcpProxy } from './faults/tcp-proxy.js';
