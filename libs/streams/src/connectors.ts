/** Where a stream's records come from. Made by {@link files}, {@link rate} and {@link socket}. */
export interface SourceSpec<T> {
  readonly connector: string;
  readonly options: { readonly [name: string]: unknown };
  /** Carries the record's type; never set. */
  readonly record?: T;
}

/** Where a stream's rows go. Made by {@link toFiles}, {@link toPostgres} and {@link toLog}. */
export interface SinkSpec {
  readonly connector: string;
  readonly options: { readonly [name: string]: unknown };
}

/** How much a batch may read of a source, beside the 32 MiB that all sources of a job share. */
export interface SourceLimits {
  /** The most records taken in a second, or made (`rate`). */
  readonly recordsPerSecond?: number;
  readonly maxRecordsPerBatch?: number;
  /** 8 MiB unless given, at most 32 MiB; one record is always taken, however long. */
  readonly maxBytesPerBatch?: number;
}

export interface FilesOptions extends SourceLimits {
  /** A directory below the tenant's files root. Files in it are read in name order and may grow. */
  readonly path: string;
  /** `json`: one JSON document a line (the default). `text`: each line is a string. */
  readonly format?: 'json' | 'text';
}

/** The lines of the files of a directory. Positions are bytes, so a job goes on within a file. */
export function files(options: FilesOptions & { readonly format: 'text' }): SourceSpec<string>;
export function files<T>(options: FilesOptions): SourceSpec<T>;
export function files<T>(options: FilesOptions): SourceSpec<T> {
  return { connector: 'files', options: { format: 'json', ...options } };
}

export interface RateRecord {
  /** Counts from 0 over the life of the job. */
  readonly value: number;
  /** `1000 × value / recordsPerSecond`. */
  readonly timeMs: number;
}

/** Numbered records at an even rate, for trying things out. */
export function rate(options: SourceLimits & { readonly recordsPerSecond: number }): SourceSpec<RateRecord> {
  return { connector: 'rate', options: { ...options } };
}

export interface SocketOptions extends SourceLimits {
  readonly host: string;
  readonly port: number;
  /** `text`: each line is a string (the default). `json`: one JSON document a line. */
  readonly format?: 'text' | 'json';
}

/** The lines that a TCP server sends. */
export function socket<T>(options: SocketOptions & { readonly format: 'json' }): SourceSpec<T>;
export function socket(options: SocketOptions): SourceSpec<string>;
export function socket(options: SocketOptions): SourceSpec<unknown> {
  return { connector: 'socket', options: { format: 'text', ...options } };
}

/** JSON lines in a directory below the tenant's files root, each batch exactly once. */
export function toFiles(options: { readonly path: string }): SinkSpec {
  return { connector: 'files', options: { ...options } };
}

export interface PostgresOptions {
  /** Name of a connection that the operator of the service has set up for the tenant. */
  readonly connection: string;
  readonly table: string;
  readonly schema?: string;
  /** Column names and SQL types. With them a missing table is created. */
  readonly columns?: { readonly [column: string]: string };
  /** `append` (the default) inserts each row; `upsert` replaces the row that has the same `key` columns. */
  readonly mode?: 'append' | 'upsert';
  readonly key?: readonly string[];
}

/** Rows of a table, each batch exactly once. A row's members are its columns. */
export function toPostgres(options: PostgresOptions): SinkSpec {
  return { connector: 'postgres', options: { ...options } };
}

/** The first few rows of each batch in the job's events. */
export function toLog(options: { readonly rowsPerBatch?: number } = {}): SinkSpec {
  return { connector: 'log', options: { ...options } };
}
