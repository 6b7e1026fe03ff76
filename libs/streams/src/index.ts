export { count, max, mean, min, sum, variance, type Aggregate, type Aggregated, type FieldOf } from './aggregates.js';
export {
  files,
  rate,
  socket,
  toFiles,
  toLog,
  toPostgres,
  type FilesOptions,
  type PostgresOptions,
  type RateRecord,
  type SinkSpec,
  type SocketOptions,
  type SourceSpec,
} from './connectors.js';
export { defineJob, type JobBuilder, type JobOptions } from './define-job.js';
export type { DefinitionNode, JobDefinition, NodeKind, Poison } from './definition.js';
export type { Duration } from './duration.js';
export type { Schema } from './schema.js';
export {
  KeyedStream,
  Stream,
  WindowResults,
  type BatchContext,
  type EventTimeOptions,
  type FoldOptions,
  type Key,
  type WindowContext,
  type WindowOptions,
  type WindowReduceOptions,
} from './stream.js';
export { WindowedStream } from './windowed-stream.js';
export {
  every,
  everyBatch,
  everyCount,
  globalWindow,
  session,
  sliding,
  tumbling,
  type GlobalWindow,
  type TimeWindows,
  type Trigger,
  type WindowAlignment,
  type WindowByOptions,
  type WindowFoldOptions,
} from './windows.js';
