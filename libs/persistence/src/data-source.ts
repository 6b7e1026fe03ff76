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

interface SessionBounds {
  readonly idle_in_transaction_session_timeout?: number;
  readonly lock_timeout?: number;
  readonly statement_timeout?: number;
}

/**
 * Milliseconds. A process that is frozen in the middle of a transaction holds the lock of a job's row: Postgres ends its
 * session, so that the others do not wait for ever.
 */
const BOUNDS: SessionBounds = {
  idle_in_transaction_session_timeout: 5_000,
  lock_timeout: 10_000,
  statement_timeout: 30_000,
};

/** A data source that is not connected yet. */
export function createDataSource(
  { url, poolSize, applicationName }: DatabaseOptions,
  bounds: SessionBounds = BOUNDS,
): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName,
    poolSize,
    entities: [...ROWS],
    migrations: [...MIGRATIONS],
    migrationsTableName: 'migrations',
    synchronize: false,
    extra: { keepAlive: true, connectionTimeoutMillis: 10_000, types: { getTypeParser }, ...bounds },
    poolErrorHandler: () => {
      // An idle connection that breaks is replaced by the pool; the query that needs one reports the fault.
    },
  });
}

const INT8: number = types.builtins.INT8;

/** Every bigint that we store fits a double, so it is read as a number; other types as the driver reads them. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === INT8 && format !== 'binary') return Number;
  return types.getTypeParser(oid, format);
}
