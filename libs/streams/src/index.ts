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
  FoldOptions,
  MapWithStateOptions,
  ProcessContext,
  ProcessOptions,
  ProcessTimers,
  State,
  StateOptions,
  StateVersions,
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
  type SourceLimits,
  type SourceSpec,
} from './connectors.js';
export {
  defineJob,
  type JobBuilder,
  type JobOptions,
  type JobSettings,
  type JobTrigger,
  type TableOptions,
} from './define-job.js';
export type { BackPressureOptions, DefinitionNode, Downtime, JobDefinition, NodeKind, Poison } from './definition.js';
export { milliseconds, type Duration } from './duration.js';
export {
  Table,
  type BroadcastOptions,
  type CogroupOptions,
  type DedupeOptions,
  type IntervalJoinOptions,
  type JoinType,
  type LookupOptions,
  type TopOptions,
  type WindowJoinOptions,
} from './joins.js';
export type { EventTimeOptions } from './event-time.js';
export type { Schema } from './schema.js';
export type { BatchContext, Key, WindowContext, WindowOptions, WindowReduceOptions } from './context.js';
export { KeyedStream, Stream, WindowResults, WindowedStream } from './stream.js';
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
