import { types } from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations/index.js';
import { ROWS } from './rows/index.js';

export interface DatabaseOptions {
  readonly url: string;
  /** Connections that this process may hold for ordinary queries. */
  readonly poolSize: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
}

/** A data source that is not connected yet. */
export function createDataSource({ url, poolSize, applicationName }: DatabaseOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName,
    poolSize,
    entities: [...ROWS],
    migrations: [...MIGRATIONS],
    migrationsTableName: 'migrations',
    synchronize: false,
    extra: { keepAlive: true, connectionTimeoutMillis: 10_000, types: { getTypeParser } },
    poolErrorHandler: () => {
      // An idle connection that breaks is replaced by the pool; the query that needs one reports the fault.
    },
  });
}

/** Every bigint that we store fits a double, so it is read as a number; other types as the driver reads them. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === types.builtins.INT8 && format !== 'binary') return Number;
  return types.getTypeParser(oid, format as 'text');
}
