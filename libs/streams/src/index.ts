export {
  approxDistinct,
  collect,
  count,
  custom,
  first,
  last,
  max,
  mean,
  min,
  sum,
  topK,
  variance,
  type Aggregate,
  type Aggregated,
  type CustomAggregate,
  type FieldOf,
  type Frequent,
} from './aggregates.js';
export type { CountWindowAggregateOptions, CountWindowReduceOptions } from './count-windows.js';
export type {
  Cells,
  MapWithStateOptions,
  ProcessContext,
  ProcessOptions,
  ProcessTimers,
  State,
  StateOptions,
  UpdateStateOptions,
} from './keyed-state.js';
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
  type BatchContext,
  type EventTimeOptions,
  type FoldOptions,
  type Key,
  type WindowContext,
  type WindowOptions,
  type WindowReduceOptions,
} from './stream.js';
